// The task that builds one package: its script in a sandbox, with its sources and what it requires in
// place, and a folder to install into. What the package id does not cover, the task key does.
import { lstatSync, readlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, posix } from 'node:path';
import { Collector, ok, failed, type Result } from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import type { Kind } from '../../base/stat/record.ts';
import type { Files } from '../../base/stat/table.ts';
import type { Image } from '../../sandbox/port.ts';
import { translator } from '../../sandbox/translate.ts';
import { JOBSERVER_VARIABLES } from '../../task/jobserver.ts';
import type { Input, PackageInput, Task } from '../../task/task.ts';
import { mentions } from '../../task/unmounted.ts';
import type { Buildinfo } from '../buildinfo.ts';
import type { Identity } from '../ids.ts';
import { buildinfoText, pkginfoText } from '../manifest.ts';
import { spell, variantFile } from '../variant.ts';
import type { FetchTask } from './fetch.ts';
import { BUILD, EXTRA, SRC, WORK } from './paths.ts';

export interface BuildTaskOptions {
  readonly identity: Identity;
  readonly buildinfo: Buildinfo;
  /** The files of all that it requires, directly or not, in code point order of their ids. */
  readonly requires: readonly PackageInput[];
  readonly sources: readonly FetchTask[];
  /** The install root, inside and later on hosts. */
  readonly root: string;
  readonly srcWritable: boolean;
  readonly image: Image;
  readonly files: Files;
  readonly reproduce: string;
}

/** 1980-01-01, as every file in the store: a build that asks for the time of its sources gets this. */
const SOURCE_DATE_EPOCH = '315532800';

/** The name of the output: the package's files. */
export const PACKAGE = 'package';

/**
 * Makes the task. Reads the digests of the build script and of `extra`. Errors: `fs/*`, when these cannot
 * be read.
 */
export function buildTask(options: BuildTaskOptions): Result<Task> {
  const { identity, buildinfo, root, files } = options;
  const { definition, id } = identity;
  const out = new Collector();
  const result = posix.join(root, 'packages', id);
  const script = posix.join(BUILD, posix.normalize(buildinfo.buildScript.name));
  const full = buildinfoText(
    identity,
    buildinfo,
    options.requires.map((required) => required.id),
  );

  const inputs: Input[] = [
    ...options.sources.map((source) => source.input(posix.join(SRC, source.name))),
    { kind: 'text', at: posix.join(SRC, 'buildinfo.full.json'), content: full },
    { kind: 'text', at: posix.join(result, 'buildinfo.full.json'), content: full },
    {
      kind: 'text',
      at: posix.join(result, 'pkginfo.json'),
      content: pkginfoText(definition.variant, buildinfo),
    },
    {
      kind: 'packages',
      at: root,
      packages: options.requires,
    },
  ];
  try {
    const { path } = buildinfo.buildScript;
    const digest = files.digest(path);
    inputs.push({ kind: 'file', at: script, source: path, digest, executable: true });
    if (definition.hasExtra) {
      inputs.push(...folderInputs(join(definition.directory, 'extra'), EXTRA, files));
      inputs.push({ kind: 'link', at: posix.join(BUILD, 'extra'), target: EXTRA });
    }
  } catch (error) {
    out.add(systemError('read', error));
  }
  if (out.failed) return failed(...out.diagnostics);

  const text = scriptText(files.bytes(buildinfo.buildScript.path));
  const task: Task = {
    name: `${spell(definition)}:build`,
    work: {
      kind: 'script',
      text,
      image: options.image,
      workdir: WORK,
    },
    variables: {
      HOME: '/homeless',
      LC_ALL: 'C.UTF-8',
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      PKG_BUILD: BUILD,
      PKG_EXTRA: EXTRA,
      PKG_ID: id,
      PKG_NAME: definition.name,
      PKG_PATH: result,
      PKG_ROOT: root,
      PKG_SCRIPT: script,
      PKG_SRC: SRC,
      PKG_VARIANT: definition.variant ?? '<default>',
      PKG_VERSION: id.slice(definition.name.length + 2),
      SOURCE_DATE_EPOCH,
      TZ: 'UTC',
    },
    volatile: { NUM_CORES: String(availableParallelism()), ...JOBSERVER_VARIABLES },
    directories: [
      { at: SRC, writable: options.srcWritable },
      { at: BUILD, writable: false },
      { at: EXTRA, writable: false },
      { at: WORK, writable: true },
      { at: root, writable: false },
      { at: result, writable: true },
    ],
    inputs,
    outputs: { [PACKAGE]: { at: result, kind: 'tree' } },
    // What the definition says shows in these two.
    origins: new Map(
      [SRC, result].flatMap((directory) =>
        ['buildinfo.full.json', 'pkginfo.json'].map((name) => [
          `inputs.${posix.join(directory, name)}`,
          { file: join(definition.directory, variantFile(definition.variant, 'buildinfo.json')) },
        ]),
      ),
    ),
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
    // Here the prefix is where a package is built to: all of these are places of the build.
    unmounted: (locate) => {
      const places = task.directories.map(({ at }) => ({ target: at, source: locate(at) }));
      const { words } = translator(places);
      const translate = ([name, value]: [string, string]): [string, string] => [name, words(value)];
      // Bytes as characters, whatever the script is written in.
      const there = mentions(task, root, (at) => Buffer.from(locate(at)).toString('latin1'));
      const bytes = files.bytes(buildinfo.buildScript.path).toString('latin1');
      return {
        text,
        variables: Object.fromEntries(Object.entries(task.variables).map(translate)),
        volatile: task.volatile,
        files: new Map([[script, Buffer.from(there(bytes), 'latin1')]]),
      };
    },
    reproduce: options.reproduce,
  };
  return ok(task);
}

/**
 * Scripts run as strict bash, as they always did, with the environment of what they require; one that
 * names another interpreter in its first line gets that.
 */
function scriptText(script: Buffer): string {
  // One line, so that the command can be shown and pasted.
  const start = '. "$PKG_ROOT/environment.export"; ';
  const interpreter = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(script.toString('latin1', 0, 256));
  const program = interpreter?.[1]?.endsWith('/env') === true ? interpreter[2] : interpreter?.[1];
  const shell = program === undefined || /(^|\/)(ba|da)?sh$/.test(program);
  return shell
    ? `${start}exec /bin/bash -o nounset -o pipefail -o errexit "$PKG_SCRIPT"`
    : `${start}exec "$PKG_SCRIPT"`;
}

/** All below a folder, links as links. A folder in place of which stands a file is that file. */
function folderInputs(source: string, at: string, files: Files): Input[] {
  const inputs: Input[] = [];
  const pending: [source: string, at: string, kind: Kind][] = [[source, at, kindOf(source)]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [path, inside, kind] = next;
    if (kind === 'link') inputs.push({ kind: 'link', at: inside, target: readlinkSync(path) });
    else if (kind === 'directory') {
      if (path !== source) inputs.push({ kind: 'directory', at: inside });
      const entries = [...files.list(path)].sort((a, b) => (a.name < b.name ? 1 : -1));
      for (const { name, kind } of entries) {
        pending.push([`${path}/${name}`, `${inside}/${name}`, kind]);
      }
    } else {
      const digest = files.digest(path);
      const executable = isExecutable(files.mode(path));
      inputs.push({ kind: 'file', at: inside, source: path, digest, executable });
    }
  }
  return inputs;
}

function kindOf(path: string): Kind {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return 'link';
  return stat.isDirectory() ? 'directory' : 'file';
}

/** Whether a file of this mode can be run by anybody. */
export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}
