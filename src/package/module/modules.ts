// What the Blueprints files of a tree add to its packages: definitions for the graph, and images. Loaded
// only for trees that have such files.
import { resolve } from 'node:path';
import { Collector, definitionError, didYouMean, type Diagnostic } from '../../base/diagnostic.ts';
import { growHeapFor } from '../../base/heap.ts';
import { isPackageName } from '../../install/id.ts';
import type { Definition } from '../definition.ts';
import { placeOf } from './place.ts';
import { plainName, spell } from '../variant.ts';
import type { ImageDeclaration } from './declaration.ts';
import { defineModule, type KnownOrders } from './define.ts';
import type { Declared } from './declared.ts';
import { openDeclared } from './open.ts';
import { IMAGE_FORMATS } from './imageformat.ts';

export interface Modules {
  readonly definitions: readonly Definition[];
  readonly images: readonly ImageDeclaration[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ModulesOptions {
  readonly declared: Declared;
  /** Where the user stands. */
  readonly cwd: string;
  /** Names that `mirror://` may use. */
  readonly mirrors: readonly string[];
  /** Packages that are defined otherwise. */
  readonly others: readonly Definition[];
}

/** `directory` is the tree, absolute. Error `package/defined-twice`. */
export function loadModules(directory: string, options: ModulesOptions): Modules {
  const out = new Collector();
  const { declared, cwd, mirrors, others } = options;
  const { packages, images } = openDeclared(declared, directory, cwd);
  const known = new Map(others.map((one) => [spell(one), one]));
  const definitions: Definition[] = [];
  const orders: KnownOrders = new Map();
  growHeapFor({ packageModules: packages.length });
  for (const declaration of packages) {
    const { file } = declaration.at.source;
    const context = { directory, mirrors, file: { path: resolve(cwd, file), shown: file }, orders };
    const definition = defineModule(declaration, context);
    const earlier = known.get(spell(definition));
    if (earlier !== undefined) out.add(definedTwice(definition, earlier));
    else {
      known.set(spell(definition), definition);
      definitions.push(definition);
    }
  }
  const all = [...known.values()];
  out.add(...repeatedSubpackages(all), ...takenByVariants(all));
  const checked = images.map((image) => ({ ...image, diagnostics: checkImage(image, all) }));
  return { definitions, images: checked, diagnostics: out.diagnostics };
}

/** Names of packages that are split off, where another package or another split has them: told at the split. */
function repeatedSubpackages(all: readonly Definition[]): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const owners = new Map(all.map(({ name }) => [name, `the package ${name}`]));
  for (const { name: own, variant, module } of all) {
    if (module === undefined || variant !== null) continue;
    for (const { name } of module.subpackages.slice(0, -1)) {
      const owner = owners.get(name);
      owners.set(name, `split of ${own}`);
      if (owner === undefined && isPackageName(name)) continue;
      const message =
        owner === undefined
          ? `"${name}" cannot be the name of a package`
          : `"${name}" is taken: there is ${owner}`;
      const at = placeOf(module.declaration, 'split');
      problems.push(definitionError({ code: 'package/split', message, at }));
    }
  }
  return problems;
}

/** What other package managers would call a variant as they call another package: told at the variant's. */
function takenByVariants(all: readonly Definition[]): Diagnostic[] {
  const made = all.flatMap((definition) => {
    const { variant, module } = definition;
    const names = module?.subpackages.map(({ name }) => name) ?? [];
    return names.map((name) => ({ name, variant, definition }));
  });
  const owners = new Map<string, string>();
  for (const one of made) if (one.variant === null) owners.set(one.name, `the package ${one.name}`);
  const problems: Diagnostic[] = [];
  for (const { definition, ...one } of made) {
    if (one.variant === null) continue;
    const name = plainName(one);
    const owner = owners.get(name);
    owners.set(name, spell(one));
    if (owner === undefined) continue;
    problems.push(
      definitionError({
        code: 'package/variant-name',
        message: `${spell(one)} is called "${name}" by other package managers, as is ${owner}`,
        at: placeOf(definition.module!.declaration, `variants.${one.variant}`),
        hint: 'rename one of them',
      }),
    );
  }
  return problems;
}

/** A definition of this name exists twice: told at the second. */
function definedTwice(definition: Definition, earlier: Definition): Diagnostic {
  const at = definition.module?.declaration.at ?? { file: definition.file.shown };
  return definitionError({
    code: 'package/defined-twice',
    message: `there are two packages "${definition.name}"`,
    at,
    notes: [
      {
        message: 'the other one is here',
        at: earlier.module?.declaration.at ?? { file: earlier.file.shown },
      },
    ],
    hint: 'rename one of them, or give it a variant',
  });
}

function checkImage(image: ImageDeclaration, all: readonly Definition[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const problem = (property: string, message: string, hint: string | undefined): void => {
    const at = image.placeOf(property) ?? image.at;
    found.push(definitionError({ code: 'image/property', message, at, hint }));
  };
  if (all.some(({ name }) => name === image.name)) {
    problem('name', `there is a package "${image.name}" already`, 'give the image another name');
  }
  for (const format of image.formats) {
    if (IMAGE_FORMATS.includes(format)) continue;
    const hint = didYouMean(format, IMAGE_FORMATS) ?? `there are ${IMAGE_FORMATS.join(', ')}`;
    problem('formats', `"${format}" is no format of images`, hint);
  }
  const names = all.flatMap((one) => [
    spell(one),
    ...(one.module?.subpackages ?? []).map(({ name }) => spell({ name, variant: one.variant })),
  ]);
  for (const name of image.packages) {
    const wanted = name.replace(/:default$/, '');
    if (names.includes(wanted)) continue;
    problem('packages', `there is no package "${name}"`, didYouMean(wanted, names));
  }
  return found;
}
