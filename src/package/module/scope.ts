// All that a package's scripts might reach: its own variables and functions, and what Ashlar tells every
// script. Where things stand inside is fixed, so that nothing of a machine shows in what is built.
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { FIXED_MTIME } from '../../base/tar/pack.ts';
import { JOBSERVER_VARIABLES } from '../../task/jobserver.ts';
import type { Locate } from '../../task/task.ts';
import type { PackageDeclaration } from './declaration.ts';
import type { Scope, Variable } from './reach.ts';

/** The work tree: each task finds what the one before it left. Sources lie in it, by name. */
export const WORK_TREE = '/pkg/work';
/** Where a package is installed to, with its prefix. */
export const DESTDIR = '/pkg/install';
/** Outputs of other tasks, by name. */
export const INPUTS = '/pkg/in';
export const PATCHES = '/pkg/patches';
/** What a task makes besides. */
export const OUT = '/out';

/** Variables that every package has. */
export const BUILTIN: readonly string[] = [
  'NAME',
  'VERSION',
  'VARIANT',
  'ROOT',
  'INSTALL_ROOT',
  'PREFIX',
  'DESTDIR',
  'WORK',
  'SRC',
  'BUILD',
  'PATCHES',
  'INPUTS',
  'OUT',
  'JOBS',
  'EACH',
  ...Object.keys(JOBSERVER_VARIABLES),
];

/** What every script has, whatever it reaches: no program behaves without. */
export const ALWAYS: Readonly<Record<string, string>> = {
  HOME: '/homeless',
  LC_ALL: 'C.UTF-8',
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  SOURCE_DATE_EPOCH: String(FIXED_MTIME),
  TZ: 'UTC',
};

/** A prefix without a slash at its end: empty for `/`. */
export function prefixOf({ values }: PackageDeclaration, root: string): string {
  return (values.prefix ?? root).replace(/\/+$/, '');
}

/**
 * `root` is where packages are installed. `locate` says where directories lie that are not mounted: names of
 * places on hosts stay what they are.
 */
export function scopeOf(
  declaration: PackageDeclaration,
  { root, locate = (inside) => inside }: { readonly root: string; readonly locate?: Locate },
): Scope {
  const { name, variant, values } = declaration;
  const variables = new Map<string, Variable>();
  const set = (key: string, value: string, isVolatile = false): void => {
    const excluded = values.exclude[key]?.pieces ?? [];
    variables.set(key, { value, excluded, volatile: isVolatile });
  };
  for (const [key, value] of Object.entries(values.variables)) {
    if (value !== undefined) set(key, value);
  }
  for (const [key, { value }] of Object.entries(values.volatile)) set(key, value, true);
  // The source that the package is named after, or the first by name.
  const sources = Object.keys(values.sources).sort();
  const first = sources.includes(name) ? name : sources[0];
  set('NAME', name);
  set('VERSION', values.version ?? '0');
  set('VARIANT', variant ?? '');
  set('ROOT', locate(root));
  set('INSTALL_ROOT', root);
  set('PREFIX', prefixOf(declaration, root));
  set('DESTDIR', locate(DESTDIR));
  set('WORK', locate(WORK_TREE));
  set('SRC', locate(first === undefined ? WORK_TREE : posix.join(WORK_TREE, first)));
  set('BUILD', locate(posix.join(WORK_TREE, '.build')));
  set('PATCHES', locate(PATCHES));
  set('INPUTS', locate(INPUTS));
  set('OUT', locate(OUT));
  // How many compilers run at once changes nothing in what they make.
  set('JOBS', String(availableParallelism()), true);
  for (const [key, value] of Object.entries(JOBSERVER_VARIABLES)) set(key, value, true);
  const functions = new Map(
    Object.entries(values.functions).flatMap(([key, body]): [string, string][] =>
      body === undefined ? [] : [[key, body]],
    ),
  );
  return { variables, functions };
}

/** For a task that is made several times: the source, or the package, that this one is for. */
export function withElement({ variables, functions }: Scope, element: string): Scope {
  const value = { value: element, excluded: [], volatile: false };
  return { variables: new Map([...variables, ['EACH', value]]), functions };
}
