// Compiling Go: archives from sources, and which packages a module can import.
import {
  ninjaEscape,
  provider,
  shellEscapeIncludingSpaces,
  type GenerateContext,
} from '../../blueprint/api.ts';
import { literal } from '../../blueprint/logic/package.ts';
import { pluginTag, roleOf, usesTag } from '../stage.ts';
import { compileRule, goPackage } from './rules.ts';

/** A path below the build directory, as a Ninja string: by itself, and as a word of a command. */
export interface BuildPath {
  readonly path: string;
  readonly word: string;
}

/** A path in the directory of what is made of the module. */
export function pathBelow(ctx: GenerateContext<unknown>, inner: string): BuildPath {
  const relative = `/.bootstrap/${ctx.name}/${inner}`;
  return {
    path: `\${bootstrap.BuildDir}${ninjaEscape(relative)}`,
    word: `\${bootstrap.BuildDirWord}${wordOf(relative)}`,
  };
}

/** Text as one word of a command, in a Ninja string. */
export function wordOf(text: string): string {
  return ninjaEscape(shellEscapeIncludingSpaces(text));
}

/** What a package is to those that import it. */
export interface GoPackage {
  readonly pkgPath: string;
  /** The directory in which the archive is found by its path. */
  readonly directory: BuildPath;
  readonly archive: BuildPath;
}

export const goProvider = provider<GoPackage>('go_package');

/**
 * All packages that a module may import, and those that these import: each after its own. Reports
 * dependencies that are none, and packages that Go could not tell apart.
 */
export function usedPackages(ctx: GenerateContext<unknown>, pkgPath: string): GoPackage[] {
  const reached = new Set<unknown>();
  ctx.walkDependencies((child, _parent, tag) => {
    const imports = tag === usesTag || tag === pluginTag;
    if (imports) reached.add(child);
    return imports;
  });
  for (const { module, tag } of ctx.directDependencies()) {
    if (tag !== usesTag && tag !== pluginTag) continue;
    // A binary can be a dependency: it is then built first, no more.
    if (ctx.get(module, goProvider) === undefined && !module.typeName.endsWith('_go_binary')) {
      const what = roleOf(module) === undefined ? 'no Go package' : 'a package of another language';
      ctx.propertyError('deps', `${module.toString()} is ${what}`);
    }
  }
  const found: GoPackage[] = [];
  const names = new Map([[pkgPath, `module ${JSON.stringify(ctx.name)} itself`]]);
  ctx.visitDependencies((module) => {
    const used = reached.has(module) ? ctx.get(module, goProvider) : undefined;
    if (used === undefined) return;
    const other = names.get(used.pkgPath);
    if (other !== undefined) {
      ctx.error(`${module.toString()} has the pkgPath ${used.pkgPath}, and so has ${other}`);
    }
    names.set(used.pkgPath, module.toString());
    found.push(used);
  });
  return found;
}

/** Sources that are compiled together. */
export interface Unit {
  readonly pkgPath: string;
  /** Plain paths. */
  readonly srcs: readonly string[];
  /** Sources that are made: Ninja strings. */
  readonly generated: readonly string[];
  readonly used: readonly GoPackage[];
}

/** Makes the statement that compiles an archive, after all of `after` is there. */
export function compile(
  ctx: GenerateContext<unknown>,
  {
    pkgPath,
    srcs,
    generated,
    used,
    archive,
    after,
  }: Unit & { readonly archive: BuildPath; readonly after: readonly string[] },
): void {
  ctx.build(goPackage, {
    rule: compileRule,
    outputs: [archive.path],
    inputs: [...literal(srcs), ...generated],
    implicits: used.map((one) => one.archive.path),
    orderOnly: after,
    args: { pkgPath: wordOf(pkgPath), ...flags('incFlags', '-I', used) },
  });
}

/** The argument with the directories of packages; none for no packages. */
export function flags(
  name: string,
  flag: string,
  used: readonly GoPackage[],
): Record<string, string> {
  if (used.length === 0) return {};
  return { [name]: used.map(({ directory }) => `${flag} ${directory.word}`).join(' ') };
}
