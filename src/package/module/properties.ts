// The properties of packages, once for modules, defaults, variants and presets: all of them are one kind
// of data and are laid over each other by one rule. Knows nothing of what becomes of them.
import {
  bool,
  int,
  list,
  map,
  moduleName,
  nested,
  oneOf,
  optional,
  path,
  properties,
  string,
  type ValueOf,
  type ValuesOf,
} from '../../blueprint/api.ts';

const source = nested({
  url: string({
    doc: 'Where a file or an archive is: `https://…`, `file://…` or `mirror://NAME/…`.',
  }),
  sha256: string({ doc: 'The checksum of what `url` leads to.' }),
  sha512: string({ doc: 'The checksum, if it is of this kind.' }),
  sha1: string({ doc: 'The checksum, where upstream gives no better one.' }),
  extract: optional(bool(), { doc: 'Whether what `url` leads to is unpacked: true unless given.' }),
  git: string({ doc: 'The address of a repository.' }),
  ref: string({ doc: 'The commit, all 40 digits of it.' }),
  ref_origin: string({ doc: 'The branch or tag that the commit was taken from.' }),
  files: list(path(), { doc: 'Files of the tree itself, with wildcards: `src/**/*`.' }),
});

const excluded = nested({
  pieces: list(string(), { doc: 'Pieces of the value that do not count.', required: true }),
  reason: string({ doc: 'Why they cannot change a result.', required: true }),
});

const volatile = nested({
  value: string({ doc: 'What it is.' }),
  reason: string({ doc: 'Why it cannot change a result.', required: true }),
});

const task = nested({
  script: optional(string(), {
    doc: 'What the task does, for bash. It replaces a script or step from elsewhere.',
  }),
  step: optional(string(), { doc: 'Work that Ashlar does itself, by name.' }),
  prepend: list(string(), { doc: 'Scripts that run before the script, in the same shell.' }),
  append: list(string(), { doc: 'Scripts that run after the script, in the same shell.' }),
  after: list(string(), { doc: 'Tasks that come before this one.' }),
  before: list(string(), {
    doc:
      'Tasks that come after this one. Without `after`, this one comes after all that they came after: ' +
      'it is put in between.',
  }),
  drop: optional(bool(), {
    doc: 'Leaves the task out. What came after it comes after what it came after.',
  }),
  only_with: list(oneOf(['sources', 'patches']), {
    doc: 'Leaves the task out where the package has none of these.',
  }),
  format: optional(string(), {
    doc: 'Leaves the task out unless the package has this among its `formats`.',
  }),
  each: optional(oneOf(['once', 'source', 'package']), {
    doc: 'Makes one task for each source, or for each package that `split` makes; `*` in paths of outputs is its name, and `EACH` in scripts.',
  }),
  takes: list(oneOf(['sources', 'patches', 'packages']), {
    doc:
      'What is laid in beside the work tree: sources in `/pkg/work`, patches in `/pkg/patches`, and the ' +
      'packages that are required, active below the root.',
  }),
  uses: list(string(), { doc: 'Outputs of other tasks, by name: they are at `/pkg/in/NAME`.' }),
  outputs: map(optional(string()), {
    doc:
      'What leaves the task: name → path; a directory ends in `/`. No two tasks have an output of one name. ' +
      'An empty path takes an output away that is declared elsewhere.',
  }),
  deps: list(string(), {
    doc: 'Variables and functions that the script uses although that cannot be seen.',
  }),
  work: optional(bool(), {
    doc: 'Whether it works on the work tree: true for scripts unless given.',
  }),
  workdir: optional(string(), { doc: 'Where the script starts: `${SRC}` unless given.' }),
  network: optional(bool(), {
    doc: 'Whether the script may use the network. Then its result is not shared.',
  }),
  shared: optional(bool(), {
    doc: 'Whether mirrors get its result: true unless given, but for scripts that use the network.',
  }),
  timeout: int({ doc: 'The most it may take, in seconds; no limit unless given.' }),
  skip: list(string(), { doc: 'Checks of the step to leave out.' }),
  compression: optional(oneOf(['gzip', 'xz', 'zstd']), {
    doc: 'How the step compresses what it writes, where it can do so in several ways.',
  }),
});

const script = (when: string) => optional(string(), { doc: `What is run ${when}.` });

const maintainerScripts = nested(
  {
    preinst: script('before files are put in place, for an upgrade too'),
    postinst: script('after files were put in place, for an upgrade too'),
    prerm: script('before files are removed for good'),
    postrm: script('after files were removed for good'),
  },
  {
    doc:
      'What package managers run, with `sh -e`, on the machine that a `deb`, `rpm`, `ipk` or `apk` is ' +
      'installed on. `$PREFIX` is where it is installed; nothing else of the package is known there.',
  },
);

const owner = nested({
  files: list(string(), { doc: 'The files, below the prefix: `var/lib/x`.', required: true }),
  user: string({ doc: 'Their owner, by name, whom the machine must have.', required: true }),
  group: optional(string(), { doc: 'Their group: called as the user is, unless given.' }),
});

const systemRequires = map(list(string()), {
  doc:
    'What the machine must have that is not of this tree, by format, in its own notation: ' +
    '`deb: ["libc6 (>= 2.36)"]`, `rpm: ["glibc >= 2.34"]`, `apk: ["musl>=1.2"]`.',
});

const subpackage = nested({
  name: string({
    doc: 'What it is called; `-NAME` stands for the name of the package with that behind it.',
    required: true,
  }),
  files: list(string(), {
    doc: 'Its files, below the prefix: `include/**`, `lib/*.a`. A directory stands for all in it.',
    required: true,
  }),
  description: optional(string(), { doc: 'What it is, for those who install it.' }),
  requires: list(string(), { doc: 'Packages that it needs to run.' }),
  system_requires: systemRequires,
  maintainer_scripts: maintainerScripts,
});

const common = {
  version: optional(string(), { doc: 'What upstream calls this version.' }),
  description: optional(string(), { doc: 'What it is, in a line, for those who install it.' }),
  homepage: optional(string(), { doc: 'Where to read about it.' }),
  license: optional(string(), { doc: 'Its licence, as an SPDX expression.' }),
  maintainer: optional(string(), { doc: 'Who answers for the package: `Name <address>`.' }),
  sources: map(source, {
    doc: 'What it is built from: name → source. Each lies in `/pkg/work/NAME`.',
  }),
  patches: list(path(), { doc: 'Patches for the first source, in order.' }),
  variables: map(optional(string()), {
    doc:
      'Variables for scripts. In a value `${NAME}` stands for another one, and `${NAME?word:yes:no}` for ' +
      '`yes` or `no`, as the word is in the list NAME or not.',
  }),
  functions: map(optional(string()), { doc: 'Shell functions for scripts: name → body.' }),
  exclude: map(excluded, { doc: 'Variable → pieces of its value that do not count.' }),
  volatile: map(volatile, { doc: 'Variables whose values do not count.' }),
  tasks: map(task, { doc: 'Tasks to add, and changes to tasks that are there.' }),
  requires: list(string(), {
    doc: 'Packages that it needs, to be built and to run: `name` or `name:variant`.',
  }),
  build_requires: list(string(), { doc: 'Packages that only its build needs.' }),
  environment: map(string(), {
    doc: 'Environment variables for whatever runs where it is installed.',
  }),
  split: list(subpackage, {
    doc: 'Packages to make of its files, in order: the first that names a file has it.',
  }),
  files: list(string(), {
    doc: 'Files of the package itself. Unless given, it has all that `split` leaves; else all must be named.',
  }),
  conffiles: list(string(), {
    doc:
      'Files that their owners change, below the prefix: `etc/*.conf`. Package managers keep them through ' +
      'upgrades as they are then.',
  }),
  owners: list(owner, {
    doc: 'Files that are not owned by root. What is said last of a file counts.',
  }),
  system_requires: systemRequires,
  maintainer_scripts: maintainerScripts,
  formats: list(string(), {
    doc: 'What is written: `tar`, `deb`, `rpm`, `ipk`, `apk`. Only `tar` unless given.',
  }),
  prefix: optional(string(), { doc: 'Where it is installed: the root of the tree unless given.' }),
  image: optional(string(), { doc: 'The image that it is built in.' }),
  targets: list(string(), { doc: 'Tasks that `ashlar build` asks for.' }),
};

/** What packages, their variants, defaults and presets have in common. */
export const packageProperties = properties(common);

/** What a module of type `package` has beside its name. */
export const moduleFields = {
  ...common,
  defaults: list(moduleName(), { doc: 'Modules of type `defaults` to take properties from.' }),
  preset: optional(string(), { doc: 'The way it is built: `autotools`, `cmake`, `meson`, …' }),
  variants: map(nested(common), {
    doc: 'Further ways to build it: name → what is different then.',
  }),
};

export type PackageValues = ValueOf<typeof packageProperties>;
export type ModuleValues = ValuesOf<typeof moduleFields>;
export type TaskValues = ValueOf<typeof task>;
export type SourceValues = ValueOf<typeof source>;
export type OwnerValues = ValueOf<typeof owner>;
export type SubpackageValues = ValueOf<typeof subpackage>;

/** Properties of which only some are given, as presets are. */
export type PackageData = Partial<Omit<PackageValues, 'tasks' | 'split'>> & {
  readonly split?: readonly (Partial<SubpackageValues> &
    Pick<SubpackageValues, 'name' | 'files'>)[];
  readonly tasks?: Readonly<Record<string, Partial<TaskValues>>>;
};

/** Fills in what is not given. */
export function packageValues(data: PackageData): PackageValues {
  const tasks = Object.fromEntries(
    Object.entries(data.tasks ?? {}).map(([name, given]) => [
      name,
      { ...task.fallback, ...given } as TaskValues,
    ]),
  );
  const split = (data.split ?? []).map((given) => ({ ...subpackage.fallback, ...given }));
  return { ...packageProperties.fallback, ...data, tasks, split } as PackageValues;
}
