// `qa`: looks for what would not work where a package is installed, or would work only here. Everything
// that is found is told at once; a check that does not suit a package is left out with `skip`.
import { readFileSync, lstatSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  buildError,
  definitionError,
  didYouMean,
  failed,
  ok,
  type Note,
  type Result,
} from '../../../base/diagnostic.ts';
import type { StepContext } from '../../../task/task.ts';
import { readElf, type ElfFile } from './elf.ts';
import { onlyOutput, type StepKind, type StepPackage, type StepSetup } from './kind.ts';
import { claims } from '../subpackage.ts';
import { listTree } from './split.ts';

interface File {
  /** Below the prefix. */
  readonly path: string;
  /** Of the package that it is in. */
  readonly owner: string;
  readonly kind: 'file' | 'link' | 'directory';
  readonly bytes: Buffer;
  readonly target: string;
  readonly elf: ElfFile | undefined;
  readonly package: StepPackage;
  /** What is at a path below the prefix, in any of the packages. */
  readonly exists: (path: string) => boolean;
}

/** What is wrong with a file; undefined where nothing is. */
type Check = (file: File) => string | undefined;

const BUILD_PATHS = ['/pkg/work', '/pkg/install', '/pkg/in/'];
const MAX_SHEBANG = 128;

const MACHINES: Readonly<Record<string, number>> = {
  x64: 62,
  arm64: 183,
  arm: 40,
  ia32: 3,
  ppc64: 21,
  riscv64: 243,
  s390x: 22,
};

/** By the name that `skip` takes. */
export const CHECKS: Readonly<Record<string, Check>> = {
  arch: ({ elf }) => {
    const expected = MACHINES[process.arch];
    if (elf === undefined || expected === undefined || elf.machine === expected) return undefined;
    return `it is for another kind of machine (${elf.machine})`;
  },
  buildpaths: ({ bytes, path, elf }) => {
    const found = BUILD_PATHS.find((one) => bytes.includes(one));
    if (found === undefined) return undefined;
    const compiled = elf !== undefined || /\.[ao]$/.test(path);
    const way = compiled ? '; strip it, or compile it with -ffile-prefix-map=/pkg/work=.' : '';
    return `it holds the path ${found} of its build${way}`;
  },
  rpaths: ({ elf, package: { root, prefix } }) => {
    const foreign = (elf?.searched ?? []).find(
      (path) =>
        path !== '' &&
        !path.startsWith('$ORIGIN') &&
        ![root, prefix].some((place) => path.startsWith(`${place}/`)),
    );
    return foreign === undefined ? undefined : `it looks for libraries in ${foreign}`;
  },
  textrel: ({ elf }) =>
    elf?.textRelocations === true
      ? 'its code is changed when it is loaded: compile it with -fPIC'
      : undefined,
  shebang: ({ kind, bytes }) => {
    if (kind !== 'file' || bytes.toString('latin1', 0, 2) !== '#!') return undefined;
    const end = bytes.indexOf(10);
    const length = end === -1 ? bytes.length : end;
    return length > MAX_SHEBANG
      ? `its first line has ${length} bytes; more than ${MAX_SHEBANG} are cut off`
      : undefined;
  },
  links: ({ kind, path, target, package: { prefix }, exists }) => {
    if (kind !== 'link') return undefined;
    if (BUILD_PATHS.some((place) => target.startsWith(place)))
      return `it leads to ${target}, where only its build was`;
    if (target.startsWith('/') && !target.startsWith(`${prefix}/`)) return undefined;
    const inside = target.startsWith('/')
      ? target.slice(prefix.length + 1)
      : posix.join(posix.dirname(path), target);
    // What lies outside of the package may be another's.
    if (inside.startsWith('..') || exists(posix.normalize(inside))) return undefined;
    return target.startsWith('/') ? undefined : `it leads to ${target}, which is not there`;
  },
  dev: ({ path, kind, owner, package: { name, subpackages } }) => {
    const dev = subpackages.find((one) => one.name.endsWith('-dev'))?.name;
    if (dev === undefined || owner !== name) return undefined;
    if (kind === 'link' && /^lib\/.*\.so$/.test(path))
      return `only those who link need it: it belongs to ${dev}`;
    return path.endsWith('.a') ? `only those who link need it: it belongs to ${dev}` : undefined;
  },
  libtool: ({ path }) =>
    path.endsWith('.la') ? 'libtool archives name libraries where they were built' : undefined,
};

/** Of patterns, not of files: each has to name one, or it says something other than its author meant. */
const PATTERNS = ['conffiles', 'owners'] as const;

const ALL = [...Object.keys(CHECKS), ...PATTERNS];

export const qa: StepKind = {
  version: 1,
  prepare(setup) {
    const { conffiles, owners } = setup.package;
    return {
      parameters: {
        ...(conffiles.length === 0 ? {} : { conffiles }),
        ...(owners.length === 0 ? {} : { owners: owners.flatMap(({ files }) => files) }),
        skip: [...setup.skip].sort(),
        prefix: setup.package.prefix,
        root: setup.package.root,
        packages: setup.package.subpackages.map(({ name }) => name),
      },
      run: (context) => Promise.resolve(run(context, setup)),
    };
  },
};

const MAX_NAMED = 50;

function run(context: StepContext, setup: StepSetup): Result<void> {
  const { skip } = setup;
  const unknown = skip.filter((name) => !ALL.includes(name));
  if (unknown.length > 0) {
    return failed(
      ...unknown.map((name) =>
        definitionError({
          code: 'qa/skip',
          message: `there is no check "${name}"`,
          hint: didYouMean(name, ALL) ?? `there are ${ALL.join(', ')}`,
        }),
      ),
    );
  }
  const [input] = setup.inputs.values();
  const found: Note[] = [];
  const checks = Object.entries(CHECKS).filter(([name]) => !skip.includes(name));
  const unused = patternsOf(setup.package).filter(({ check }) => !skip.includes(check));
  for (const file of filesOf(context.locate(input!), setup.package)) {
    for (const one of unused) {
      if (file.kind === 'file' || one.check === 'owners') one.used ||= one.claim(file.path);
    }
    for (const [name, check] of checks) {
      const problem = check(file);
      if (problem !== undefined)
        found.push({ message: `${file.owner}: ${file.path}: ${problem} [${name}]` });
    }
  }
  for (const { check, pattern, used } of unused) {
    if (used) continue;
    const what = check === 'conffiles' ? 'file' : 'path';
    found.push({
      message: `${setup.package.name}: ${check} names ${pattern}, but no ${what} is called so [${check}]`,
    });
  }
  if (found.length > 0) {
    const more = found.length - MAX_NAMED;
    return failed(
      buildError({
        code: 'qa/failed',
        message: `${setup.package.name} has ${found.length} ${found.length === 1 ? 'fault' : 'faults'}`,
        notes: [
          ...found.slice(0, MAX_NAMED),
          ...(more > 0 ? [{ message: `and ${more} more` }] : []),
        ],
        hint: 'mend them; a check that does not suit the package is left out with tasks: { qa: { skip: ["…"] } }',
      }),
    );
  }
  writeFileSync(context.locate(onlyOutput(setup).at), 'ok\n');
  return ok(undefined);
}

interface Pattern {
  readonly check: (typeof PATTERNS)[number];
  readonly pattern: string;
  readonly claim: (path: string) => boolean;
  used: boolean;
}

function patternsOf({ conffiles, owners }: StepPackage): Pattern[] {
  const of = (check: Pattern['check'], patterns: readonly string[]): Pattern[] =>
    patterns.map((pattern) => ({ check, pattern, claim: claims(pattern), used: false }));
  const owned = owners.flatMap(({ files }) => files);
  return [...of('conffiles', conffiles), ...of('owners', owned)];
}

function* filesOf(directory: string, pack: StepPackage): Generator<File> {
  const listed = pack.subpackages.map(({ name }) => ({
    name,
    entries: listTree(join(directory, name)),
  }));
  const all = new Set<string>();
  for (const { path } of listed.flatMap(({ entries }) => entries)) {
    for (let at = path; at !== '.'; at = posix.dirname(at)) all.add(at);
  }
  for (const { name: owner, entries } of listed) {
    for (const { path, kind } of entries) {
      const at = join(directory, owner, path);
      const bytes = kind === 'file' && lstatSync(at).size > 0 ? readFileSync(at) : Buffer.alloc(0);
      yield {
        path,
        owner,
        kind,
        bytes,
        target: kind === 'link' ? readlinkSync(at) : '',
        elf: readElf(bytes),
        package: pack,
        exists: (inside) => inside === '.' || all.has(inside),
      };
    }
  }
}
