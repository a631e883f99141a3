// What a build of packages depends on and what it made, for the next one to be skipped without starting Node. Takes
// more than was read (whole package folders, say) rather than less. Where it cannot tell all, it tells nothing.
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  forgetPackagesNoop,
  packagesNoopDirectory,
  recordPackagesNoop,
} from '../bootstrap/noop.ts';
import type { NoopFiles, NoopUse } from '../bootstrap/noopfiles.ts';
import { installedBundle } from '../bootstrap/version.ts';
import type { Sink } from '../base/event.ts';
import { errnoOf } from '../base/fs.ts';
import { BLOB_TIME, type Store } from '../cache/store.ts';
import { isPackageFolder, type Definition } from '../package/definition.ts';
import { deployDirectory, outputDirectory } from '../package/pipeline/output.ts';
import { UPSTREAM_FILE } from '../package/upstream.ts';
import { identityPaths, toolDirectories } from '../sandbox/identity.ts';
import type { TaskEvent } from '../task/event.ts';
import type { Target } from '../task/node.ts';
import type { BuildReport } from '../task/schedule.ts';
import type { Prepared } from './prepare.ts';
import type { DeliveredTarget, Outputs, PutBack } from './putback.ts';
import { endLine, painter } from './reporter/format.ts';
import { packagesDirectory, type TreeRequest } from './tree.ts';

interface Output {
  readonly sink: Sink<TaskEvent>;
  readonly print: (text: string) => void;
}

/** Watches a build for what the record needs. */
export interface Recorder<O extends Output = Output> {
  /** To be used instead of the output that it was opened with. */
  readonly output: O;
  /** To be called after a build that went well. */
  built(prepared: Prepared, done: Done): void;
  /** Undefined where the next build must not be skipped. */
  files(): PackageFiles | undefined;
}

interface Done {
  readonly store: Store;
  readonly targets: readonly Target[];
  readonly report: BuildReport;
  /** Files that lead to the archives. */
  readonly written: readonly string[];
}

export interface PackageFiles extends NoopFiles {
  /** Whether any task ran. */
  readonly ran: boolean;
  /** What can be put back; undefined where it is not known whose it is. */
  readonly outputs: Outputs | undefined;
}

/** Undefined where nothing can be recorded. */
export function openRecorder<O extends Output>(
  command: TreeRequest,
  output: O,
): Recorder<O> | undefined {
  const directory = packagesDirectory(command);
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    // Loading the tree will say what is wrong with the directory.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  let printed = '';
  let warned = false;
  const ended: (TaskEvent & { type: 'task-end' })[] = [];
  let built: BuiltPackages | undefined;
  return {
    output: {
      ...output,
      sink: (event) => {
        // Warnings are told each time.
        if (event.type === 'warning') warned = true;
        if (event.type === 'task-end') ended.push(event);
        output.sink(event);
      },
      print: (text) => {
        printed += text;
        output.print(text);
      },
    },
    built: ({ identities }, { targets, report, written, store }) => {
      const definitions = identities.identities.keys();
      const uses = targets.map(({ task }) => ({ store, key: report.keyOf(task).key.hash }));
      const outputs = outputsOf({ store, targets, report, written }, ended);
      const ran = ended.some(({ outcome }) => outcome === 'ran');
      built = { directory, names, definitions, targets, written, uses, printed, ran, outputs };
    },
    files: () => (warned || built === undefined ? undefined : noopFiles(built)),
  };
}

interface BuiltPackages {
  /** The packages directory. */
  readonly directory: string;
  /** The names in it when the build began. */
  readonly names: readonly string[];
  /** Those whose ids were computed. */
  readonly definitions: Iterable<Definition>;
  readonly targets: readonly Target[];
  /** Files that lead to the archives. */
  readonly written: readonly string[];
  /** Results of the targets. */
  readonly uses: readonly NoopUse[];
  /** What was printed to standard output. */
  readonly printed: string;
  readonly ran: boolean;
  readonly outputs: Outputs | undefined;
}

function outputsOf(
  { store, targets, report, written }: Done,
  ended: readonly (TaskEvent & { type: 'task-end' })[],
): Outputs | undefined {
  const events = new Map(ended.map((event) => [event.task, event]));
  const paint = painter(false);
  const all: DeliveredTarget[] = [];
  for (const { task, deliveries } of targets) {
    const event = events.get(task.name);
    const result = report.results.get(task);
    if (event === undefined || result === undefined) return undefined;
    all.push({
      key: report.keyOf(task).key.hash,
      delivered: deliveries.map(({ output, path }) => ({ path, value: result.outputs[output]! })),
      line: endLine({ ...event, outcome: 'restored' }, paint),
    });
  }
  return { store, targets: all, written };
}

export interface PackagesDone {
  /** The exit status. */
  readonly status: number;
  /** Undefined where the next run must not be skipped. */
  readonly files: PackageFiles | undefined;
}

/** Builds a directory of packages without Blueprints files, and leaves a record of it under the key. */
export async function buildPackages(
  packages: string,
  key: string | undefined,
  runTasks: () => Promise<PackagesDone>,
): Promise<void> {
  const startedAt = Date.now();
  let wasBuilt = false;
  try {
    wasBuilt = forgetPackagesNoop(packages);
  } catch (error) {
    // Then there is none that could be believed: it is another user's, or the directory is no directory.
    if (errnoOf(error) === undefined) throw error;
  }
  const { status, files } = await runTasks();
  if (status !== 0 || key === undefined || files === undefined) return;
  try {
    const looked = await recordPackagesNoop(packages, { key, startedAt, files });
    const noop = packagesNoopDirectory(packages);
    if (looked !== undefined) {
      await recordOutputs({ home: packages, noop, key, looked }, [files], wasBuilt);
    }
  } catch (error) {
    // It only saves time.
    if (errnoOf(error) === undefined) throw error;
  }
}

/**
 * Records what can be put back, of all that tasks made in a run. Not where tasks ran to change what was there: who edits
 * and builds in turns would pay a tenth of each build for a record that the next edit makes useless. Who removes outputs
 * then has them put back by a run that leaves one.
 */
export async function recordOutputs(
  build: Omit<PutBack, 'said' | 'outputs'>,
  parts: readonly PackageFiles[],
  wasBuilt: boolean,
): Promise<void> {
  if (wasBuilt && parts.some(({ ran }) => ran)) return;
  const outputs = parts.flatMap((one) => one.outputs ?? []);
  const [first] = outputs;
  if (first === undefined || outputs.length < parts.length) return;
  const all = {
    store: first.store,
    targets: outputs.flatMap(({ targets }) => targets),
    written: outputs.flatMap(({ written }) => written),
  };
  try {
    const { recordPutBack } = await import('./putback.ts');
    recordPutBack({ ...build, said: parts.flatMap(({ said }) => said), outputs: all });
  } catch (error) {
    // It only saves time.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Undefined where something was read of which files do not tell, or could not be looked at. */
function noopFiles(built: BuiltPackages): PackageFiles | undefined {
  try {
    const made = new Set<string>(built.written);
    const read = new Set<string>();
    if (!addTree(built, read, made) || !addDefinitions(built, read)) return undefined;
    if (!addDeliveries(built.targets, made)) return undefined;
    addMachine(read);
    read.delete(built.directory);
    for (const path of made) read.delete(path);
    const count = built.targets.length;
    // The words of the reporters for a run that finds everything in place.
    const summary = `${count === 0 ? 'nothing to do' : `${count} up to date`} in 0.0 s`;
    const lines = built.printed.split('\n').slice(0, -1);
    const said = [...lines.map((line) => `1 ${line}`), `2 ${summary}`];
    const { outputs, uses } = built;
    const extended = new Set([built.directory]);
    return { read, extended, made, uses, said, ran: built.ran, outputs };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The packages directory: its settings, and whatever in it is a package or could become one. */
function addTree(
  { directory, names }: BuiltPackages,
  read: Set<string>,
  made: Set<string>,
): boolean {
  const own = [outputDirectory(directory), deployDirectory(directory)];
  const entries = readdirSync(directory);
  const others = entries.filter((name) => !own.includes(join(directory, name)));
  const before = new Set(names);
  if (others.some((name) => !before.has(name)) || entries.includes(UPSTREAM_FILE)) return false;
  if (names.some((name) => !entries.includes(name))) return false;
  for (const name of entries) {
    const path = join(directory, name);
    if (own.includes(path)) {
      made.add(path);
      continue;
    }
    // Each command of git changes it, and it is no place for packages.
    if (name === '.git') continue;
    const stat = statSync(path, { throwIfNoEntry: false });
    // A link that leads nowhere may come to lead somewhere.
    if (stat === undefined) return false;
    if (stat.isDirectory()) {
      read.add(path);
      const real = realpathSync(path);
      if (isPackageFolder(readdirSync(real))) addFolder(real, read);
    } else if (name.endsWith('.json')) read.add(path);
  }
  return true;
}

/** A folder with all that is in it, and what links in it lead to. The path must lead through no link itself. */
function addFolder(folder: string, read: Set<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (read.has(path)) continue;
    read.add(path);
    // Only a link leads elsewhere: asking the system where each of very many files lies takes longer than the rest.
    const real = entry.isSymbolicLink() ? realpathSync(path) : path;
    if (real === path ? entry.isDirectory() : lstatSync(real).isDirectory()) addFolder(real, read);
  }
}

/** What definitions name outside of their folders. */
function addDefinitions({ directory, definitions }: BuiltPackages, read: Set<string>): boolean {
  for (const { buildinfo, module } of definitions) {
    const sources = [...(module ?? buildinfo!).sources.values()];
    // Any file of a repository may change what git says of it.
    if (sources.some(({ kind }) => kind === 'git_local')) return false;
    const files: string[] = [];
    if (module === undefined) files.push(buildinfo!.buildScript.path);
    else {
      const { declaration } = module;
      for (const some of declaration.files.values()) {
        files.push(...some.map((file) => join(directory, file)));
      }
      const { patches } = declaration.values;
      files.push(...patches.map((patch) => join(directory, declaration.directory, patch)));
    }
    for (const file of files) read.add(file);
  }
  return true;
}

/** Ashlar, Node, and what tells of the programs that this machine has. */
function addMachine(read: Set<string>): void {
  read.add(join(installedBundle(), 'main.js'));
  read.add(process.execPath);
  for (const inner of [...identityPaths(), ...toolDirectories()]) {
    const path = join('/', inner);
    // A link that leads nowhere is no tool.
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) read.add(path);
  }
}

function addDeliveries(targets: readonly Target[], made: Set<string>): boolean {
  return targets.every(({ deliveries }) => deliveries.every(({ path }) => addOutput(path, made)));
}

/** Files of outputs have one time: another one is of a file that somebody else has written. */
function addOutput(path: string, made: Set<string>): boolean {
  made.add(path);
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    return readdirSync(path).every((name) => addOutput(join(path, name), made));
  }
  return !stat.isFile() || stat.mtimeMs === BLOB_TIME * 1000;
}
