// What a task is: a hermetic step with declared inputs and outputs. Plain data; knows nothing of packages,
// of keys or of how it is run. Tasks refer to tasks they depend on, so a graph cannot contain a cycle.
import type { Canonical, Digest, Sha256Hex } from '../base/digest.ts';
import type { Result } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import type { Image, Limits } from '../sandbox/port.ts';

export interface Task {
  /** Unique in a graph, for people: `zlib:build`. Nothing about it is special, and no key contains it. */
  readonly name: string;
  readonly work: Script | Step;
  /** The script's whole environment. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The variables as they were written, with all that these refer to; keys hold them in place of the
   * expanded ones, so that a change shows at the one variable that was changed. They must decide what
   * `variables` holds, but for what is excluded from keys on purpose.
   */
  readonly written?: Readonly<Record<string, string>>;
  /**
   * Where parts of the record were set (`variables.CFLAGS`, `functions.fix`, `script`); for people only. One
   * line of a text that is put together of several may have a place of its own, after a line feed.
   */
  readonly origins?: ReadonlyMap<string, Place>;
  /** A key to use whatever the definitions say: the task was locked to the result that has it. */
  readonly locked?: Sha256Hex;
  /** Variables whose values must not count, such as the number of cores; keys hold only their names. */
  readonly volatile: Readonly<Record<string, string>>;
  /** Later ones may lie inside earlier ones. */
  readonly directories: readonly WorkDirectory[];
  readonly inputs: readonly Input[];
  /** Name → where it appears. Each lies in (or is) a writable directory. Only these leave the sandbox. */
  readonly outputs: Readonly<Record<string, Output>>;
  /** Must have ended well before this one runs, though it sees nothing of what they left. */
  readonly after?: readonly Task[];
  /** Whose results this task's result is of use with only: wherever it is put in place, they are there too. */
  readonly companions?: readonly Companion[];
  /** Whether the result may go to mirrors. */
  readonly shared: boolean;
  readonly network: boolean;
  readonly pool: Pool;
  readonly limits: Limits;
  /**
   * The script as it has to be where its directories are not mounted at their paths, but used where they
   * lie on this machine, as `locate` says. Without it only what is a path as a whole is translated.
   */
  readonly unmounted?: ((locate: Locate) => Unmounted) | undefined;
  /** The command that runs this task again, for people to paste after a failure. */
  readonly reproduce?: string;
}

/** Where a path inside lies on this machine. */
export type Locate = (inside: string) => string;

/** A script and its environment in paths of this machine. */
export interface Unmounted {
  readonly text: string;
  readonly functions?: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly volatile: Readonly<Record<string, string>>;
  /** Inputs that have to be other ones then, by their paths inside: scripts that the script runs. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export interface Companion {
  readonly task: Task;
  /** Where its result is not to be had, the task runs rather than being restored. Otherwise it is made. */
  readonly hard: boolean;
}

/** What limits how many run at once: processors, or the network. */
export type Pool = 'cpu' | 'download';

/** Bash text, run with -euo pipefail in a sandbox. */
export interface Script {
  readonly kind: 'script';
  /** As written: nothing in it is expanded. */
  readonly text: string;
  /** Shell functions that the text calls, directly or not: name → body as written, without the braces. */
  readonly functions?: Readonly<Record<string, string>>;
  readonly image: Image;
  /** Absolute path inside. */
  readonly workdir: string;
}

/** Work done by Ashlar itself, outside any sandbox. */
export interface Step {
  readonly kind: 'step';
  readonly name: string;
  /** Goes up whenever the same parameters and inputs would give another output. */
  readonly version: number;
  /** All that decides the output beside the inputs. */
  readonly parameters: Canonical;
  readonly run: (context: StepContext) => Promise<Result<void>>;
}

export interface StepContext {
  readonly locate: Locate;
  /** Adds to the task's log. */
  readonly log: (text: string) => void;
  readonly progress: (done: number, total: number | undefined) => void;
  readonly signal: AbortSignal;
}

export interface WorkDirectory {
  /** Absolute path inside. */
  readonly at: string;
  readonly writable: boolean;
  /**
   * Kept on this machine as a layer after the task ends, for tasks that go on from there. `on` names the
   * task whose directory of the same path this one begins as; undefined: it begins empty. Such layers are
   * no outputs: they go to no mirror, and where one is gone its task runs again.
   */
  readonly layer?: { readonly on: Task | undefined };
}

export interface Output {
  readonly at: string;
  readonly kind: 'tree' | 'file';
}

export type Input =
  /** A file of the checkout. */
  | {
      readonly kind: 'file';
      readonly at: string;
      readonly source: string;
      readonly digest: Digest;
      readonly executable: boolean;
    }
  /** A file that Ashlar writes. */
  | { readonly kind: 'text'; readonly at: string; readonly content: string }
  | { readonly kind: 'link'; readonly at: string; readonly target: string }
  /** A directory that is there even when nothing is in it. */
  | { readonly kind: 'directory'; readonly at: string }
  /** An output of another task, as it is. */
  | {
      readonly kind: 'output';
      readonly at: string;
      readonly task: Task;
      readonly output: string;
    }
  /** A file output of another task, unpacked: a source archive. `name` tells its format. */
  | {
      readonly kind: 'archive';
      readonly at: string;
      readonly task: Task;
      readonly output: string;
      readonly name: string;
    }
  /** Packages below `<at>/packages`, activated at `at`. */
  | {
      readonly kind: 'packages';
      readonly at: string;
      readonly packages: readonly PackageInput[];
    };

export interface PackageInput {
  readonly id: string;
  readonly task: Task;
  readonly output: string;
}

/** What a task left, as the store knows it. */
export interface TaskResult {
  readonly outputs: Readonly<Record<string, OutputValue>>;
  /** Root digest of what is seen in each directory that is kept as a layer, by its path inside. */
  readonly layers?: Readonly<Record<string, Digest>> | undefined;
  readonly log?: Digest | undefined;
  readonly startedMs: number;
  readonly completedMs: number;
  /** It was made where more could be seen than was declared, or by a task that is not shared: it stays here. */
  readonly local?: boolean | undefined;
}

export type OutputValue =
  | { readonly kind: 'tree'; readonly tree: Digest; readonly root: Digest }
  | { readonly kind: 'file'; readonly digest: Digest; readonly executable: boolean };

/** The tasks whose results a task needs, each once. */
export function dependenciesOf(task: Task): Task[] {
  const { directories, after = [] } = task;
  const read = readBy(task);
  // Nearly always: a build of ten thousand tasks asks this several times of each.
  if (after.length === 0 && !directories.some(({ layer }) => layer?.on !== undefined)) return read;
  const found = new Set<Task>(read);
  for (const { layer } of directories) if (layer?.on !== undefined) found.add(layer.on);
  for (const before of after) found.add(before);
  return [...found];
}

/** The tasks whose outputs a task reads. */
export function readBy(task: Task): Task[] {
  let found: Set<Task> | undefined;
  for (const input of task.inputs) {
    if (input.kind === 'output' || input.kind === 'archive') (found ??= new Set()).add(input.task);
    else if (input.kind === 'packages') {
      found ??= new Set();
      for (const { task: made } of input.packages) found.add(made);
    }
  }
  return found === undefined ? [] : [...found];
}

/** How results and actions spell the layer of a directory: as a file that holds the root Directory. */
export function layerPath(at: string): string {
  return `.ashlar/layer${at}`;
}
