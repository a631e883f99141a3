// `split`: divides what was installed among the packages that are made of it. A file belongs to the first
// package that names it; one that nobody names is an error, all of them at once.
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  lstatSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildError, failed, ok, type Result } from '../../../base/diagnostic.ts';
import { byCodePoint } from '../../../base/digest.ts';
import { formatJson } from '../../../base/jsontext.ts';
import { FURTHER_DIRECTORIES } from '../../../install/contribution.ts';
import type { StepContext } from '../../../task/task.ts';
import { claims, type Subpackage } from '../subpackage.ts';
import { onlyOutput, type StepKind, type StepPackage, type StepSetup } from './kind.ts';

export const split: StepKind = {
  version: 1,
  needs: { input: true, output: 'tree' },
  prepare(setup) {
    const { subpackages, variant, environment } = setup.package;
    return {
      parameters: {
        packages: subpackages.map(({ name, files, requires }) => ({ name, files, requires })),
        variant,
        environment,
      },
      run: (context) => Promise.resolve(run(context, setup)),
    };
  },
};

const MAX_NAMED = 20;

function run(context: StepContext, setup: StepSetup): Result<void> {
  const [input] = setup.inputs.values();
  const from = context.locate(input!);
  const into = context.locate(onlyOutput(setup).at);
  const { subpackages } = setup.package;
  const owners = subpackages.map((one) => ({ one, claims: one.files.map(claims) }));
  const unclaimed: string[] = [];
  for (const { path, kind } of listTree(from)) {
    const owner = owners.find((candidate) => candidate.claims.some((claim) => claim(path)))?.one;
    if (owner !== undefined) place(from, path, kind, join(into, owner.name));
    else if (kind !== 'directory') unclaimed.push(path);
  }
  if (unclaimed.length > 0) {
    const more = unclaimed.length - MAX_NAMED;
    return failed(
      buildError({
        code: 'split/unclaimed',
        message: `${setup.package.name} installs files that belong to no package`,
        notes: [
          ...unclaimed.slice(0, MAX_NAMED).map((path) => ({ message: path })),
          ...(more > 0 ? [{ message: `and ${more} more` }] : []),
        ],
        hint: 'name them in "split" or "files", or do not install them',
      }),
    );
  }
  for (const one of subpackages) {
    mkdirSync(join(into, one.name), { recursive: true });
    writeFileSync(join(into, one.name, 'pkginfo.json'), pkginfoOf(one, setup.package));
  }
  return ok(undefined);
}

/** What an installation reads of a package; those that are split off require nothing of the others. */
export function pkginfoOf(
  { name, requires }: Subpackage,
  { name: own, variant, environment }: StepPackage,
): string {
  const mine = name === own;
  const requireOf = (text: string): string | ReadonlyMap<string, string | null> => {
    const colon = text.indexOf(':');
    if (colon === -1) return text;
    const wanted = text.slice(colon + 1);
    return new Map([
      ['name', text.slice(0, colon)],
      ['variant', wanted === 'default' ? null : wanted],
    ]);
  };
  return formatJson(
    new Map<
      string,
      | string
      | boolean
      | readonly (string | ReadonlyMap<string, string | null>)[]
      | ReadonlyMap<string, string>
    >([
      // What software brings in these is found below the root as well, not only in the package.
      ['directories', FURTHER_DIRECTORIES],
      ['environment', new Map(mine ? Object.entries(environment) : [])],
      ['requires', requires.map(requireOf)],
      ['state_directory', false],
      ...(variant === null ? [] : [['variant', variant] as const]),
    ]),
  );
}

type Kind = 'file' | 'link' | 'directory';

/** Files, links and empty directories below a directory, without what only describes the package. */
export function listTree(root: string): { readonly path: string; readonly kind: Kind }[] {
  const found: { path: string; kind: Kind }[] = [];
  const pending = [''];
  for (let inside = pending.pop(); inside !== undefined; inside = pending.pop()) {
    for (const entry of readdirSync(join(root, inside), { withFileTypes: true })) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (path === 'pkginfo.json') continue;
      if (entry.isDirectory()) pending.push(path);
      const kind = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'file';
      // A directory with something in it is made where that goes.
      if (kind !== 'directory' || isEmpty(join(root, path))) found.push({ path, kind });
    }
  }
  return found.sort((a, b) => byCodePoint(a.path, b.path));
}

function isEmpty(directory: string): boolean {
  return readdirSync(directory).length === 0;
}

function place(from: string, path: string, kind: Kind, into: string): void {
  const [source, target] = [join(from, path), join(into, path)];
  makeParents(from, dirname(path), into);
  if (kind === 'link') symlinkSync(readlinkSync(source), target);
  else if (kind === 'file') linkSync(source, target);
  else makeParents(from, path, into);
}

/** Directories with the modes that they have in the whole. */
function makeParents(from: string, path: string, into: string): void {
  const made = path === '.' ? into : join(into, path);
  if (lstatSync(made, { throwIfNoEntry: false }) !== undefined) return;
  if (path === '.') mkdirSync(made, { recursive: true });
  else {
    makeParents(from, dirname(path), into);
    mkdirSync(made);
    chmodSync(made, lstatSync(join(from, path)).mode & 0o7777);
  }
}
