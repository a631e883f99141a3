// The two keys of a task. The task key (deep) is computed from definitions alone, so that a whole tree's
// keys are known before anything runs. The action digest (shallow) is over the inputs' contents, and so
// ends a rebuild where a changed dependency gave an unchanged output. Both are digests of REAPI Actions.
import {
  byCodePoint,
  canonicalJson,
  digestOf,
  type Canonical,
  type Digest,
  type Sha256Hex,
} from '../base/digest.ts';
import { encodeAction, encodeCommand, encodeDirectory } from '../remote/encode.ts';
import type { Command } from '../remote/message.ts';
import { InputRoot } from './root.ts';
import {
  layerPath,
  type Input,
  type Script,
  type Task,
  type TaskResult,
  type WorkDirectory,
} from './task.ts';

/** Goes up when the meaning of a record changes, so that no old result answers a new question. */
const RECORD_VERSION = 1;

/** The name of the record in the input root of a task key's action. */
export const RECORD_FILE = 'task.json';

export interface TaskKey {
  readonly key: Digest;
  /** The messages that the key is the digest of, to be stored beside the result. */
  readonly blobs: readonly Uint8Array[];
  /** The text of the record that it is the key of; undefined for one of an action, or that is locked. */
  readonly record?: string | undefined;
  /** The key that the definitions give, where the task is locked to another. */
  readonly unlocked?: Sha256Hex;
}

export type KeysOf = (task: Task) => TaskKey;

/** Task keys of tasks that are ordered dependencies first. */
export function computeKeys(ordered: readonly Task[]): Map<Task, TaskKey> {
  const keys = new Map<Task, TaskKey>();
  for (const task of ordered) {
    const own = taskKey(task, (dependency) => keys.get(dependency)!);
    keys.set(task, task.locked === undefined ? own : lockedKey(task.locked, own));
  }
  return keys;
}

/** Nothing can be registered under a locked key that is not on record already, so it has no messages. */
function lockedKey(hash: Sha256Hex, own: TaskKey): TaskKey {
  if (hash === own.key.hash) return own;
  return { key: { hash, size: 0 }, blobs: [], unlocked: own.key.hash };
}

/** The key of one task, given those of its dependencies. */
export function taskKey(task: Task, keyOf: KeysOf): TaskKey {
  return new RecordKey(recordText(taskRecord(task, keyOf)));
}

/** Members of a record that hold names which others chose, in whatever order. */
const CHOSEN: ReadonlySet<string> = new Set(['outputs', 'variables', 'work']);

/** Canonical JSON. All but the chosen names stand in canonical order: there the engine's own JSON says the same, sooner. */
function recordText(record: Members): string {
  let members = '';
  for (const name of Object.keys(record)) {
    const member = record[name];
    if (member === undefined) continue;
    const text = CHOSEN.has(name) ? canonicalJson(member) : JSON.stringify(member);
    members += `${members === '' ? '' : ','}"${name}":${text}`;
  }
  return `{${members}}`;
}

/** Makes its messages when somebody wants them: most tasks of most builds are found by their keys alone. */
class RecordKey implements TaskKey {
  readonly key: Digest;
  readonly record: string;

  constructor(record: string) {
    this.record = record;
    const root = recordRoot(digestOf(record));
    this.key = digestOf(recordAction(digestOf(root)));
  }

  get blobs(): readonly Uint8Array[] {
    const record = Buffer.from(this.record, 'utf8');
    const root = Uint8Array.from(recordRoot(digestOf(record)));
    const action = Uint8Array.from(recordAction(digestOf(root)));
    return [record, root, RECORD_COMMAND, action];
  }
}

const RECORD_COMMAND = encodeCommand({
  arguments: ['ashlar', 'task'],
  environment: [],
  outputPaths: [],
  workingDirectory: '',
});
const RECORD_COMMAND_DIGEST = digestOf(RECORD_COMMAND);

const encoder = new TextEncoder();

/** The input root that holds a record, and the action on such a root: good until the next of the kind is made. */
const recordRoot = templates((digest) =>
  encodeDirectory({
    files: [{ name: RECORD_FILE, digest, executable: false }],
    directories: [],
    symlinks: [],
  }),
);
const recordAction = templates((inputRoot) =>
  encodeAction({ command: RECORD_COMMAND_DIGEST, inputRoot, platform: [] }),
);

/**
 * Encodes messages that differ in one digest only. Of those with digests of one size all bytes but the hash are the
 * same, so they share one buffer: to encode or to copy ten thousand takes as long as all the rest of their keys.
 */
function templates(encode: (digest: Digest) => Uint8Array): (digest: Digest) => Uint8Array {
  const placeholder = 'f'.repeat(64) as Sha256Hex;
  const bySize = new Map<number, { bytes: Uint8Array; place: Uint8Array }>();
  return ({ hash, size }) => {
    let template = bySize.get(size);
    if (template === undefined) {
      const bytes = encode({ hash: placeholder, size });
      const at = Buffer.from(bytes).indexOf(placeholder);
      template = { bytes, place: bytes.subarray(at, at + placeholder.length) };
      bySize.set(size, template);
    }
    // Has no choice of encodings to make, as a Buffer has, which is most of what writing so little takes.
    encoder.encodeInto(hash, template.place);
    return template.bytes;
  };
}

const EMPTY_DIRECTORY = digestOf(encodeDirectory({ files: [], directories: [], symlinks: [] }));

export interface Members {
  readonly [name: string]: Canonical | undefined;
}

/**
 * Everything that can influence a task, as canonical JSON. Left out, because the task cannot see them or
 * they decide only whether there is a result: its name, pool, limits, `shared`, and `reproduce`. Members stand in
 * their canonical order, here and below: what is sorted need not be sorted ten thousand times.
 */
export function taskRecord(task: Task, keyOf: KeysOf): Members {
  const { after = [] } = task;
  return {
    // That they ended well is all that it knows of them.
    after: after.length === 0 ? undefined : after.map((before) => keyOf(before).key.hash),
    directories: task.directories.map((directory) => directoryRecord(directory, keyOf)),
    inputs: task.inputs.map((input) => inputRecord(input, keyOf)),
    network: task.network,
    outputs: Object.fromEntries(
      Object.entries(task.outputs).map(([name, { at, kind }]) => [name, { at, kind }]),
    ),
    // Everything the task executes is made for this kind of machine.
    platform: PLATFORM,
    variables: task.written ?? task.variables,
    version: RECORD_VERSION,
    // Names only: that a variable is there can be seen, its value must not count.
    volatile: Object.keys(task.volatile).sort(),
    work: workRecord(task),
  };
}

const PLATFORM = `${process.platform}-${process.arch}`;

function directoryRecord({ at, writable, layer }: WorkDirectory, keyOf: KeysOf): Canonical {
  // Read-only or not decides what a script can do.
  if (layer === undefined) return { at, writable };
  // What the directory begins with.
  return { at, layer: layer.on === undefined ? null : keyOf(layer.on).key.hash, writable };
}

function workRecord({ work }: Task): Canonical {
  if (work.kind === 'step') {
    return { parameters: work.parameters, step: work.name, version: work.version };
  }
  // The image is named by its contents: its name is only how this tree refers to it.
  return {
    functions: work.functions,
    image: work.image.identity,
    script: work.text,
    workdir: work.workdir,
  };
}

function inputRecord(input: Input, keyOf: KeysOf): Canonical {
  switch (input.kind) {
    case 'file':
      // Where the checkout has it must not count, only what it is.
      return { at: input.at, executable: input.executable, file: input.digest.hash };
    case 'text':
      return { at: input.at, text: input.content };
    case 'link':
      return { at: input.at, link: input.target };
    case 'directory':
      return { at: input.at, directory: true };
    case 'output':
      return { at: input.at, output: input.output, task: keyOf(input.task).key.hash };
    case 'archive':
      return {
        at: input.at,
        output: input.output,
        task: keyOf(input.task).key.hash,
        // The name decides how it is unpacked.
        unpack: input.name,
      };
    case 'packages':
      return {
        at: input.at,
        packages: input.packages.map(({ id, task, output }) => ({
          id,
          output,
          task: keyOf(task).key.hash,
        })),
      };
  }
}

/** The action digest of a task whose dependencies' results are known. */
export function actionDigest(task: Task, resultOf: (task: Task) => TaskResult): TaskKey {
  const root = new InputRoot();
  const kept: string[] = [];
  for (const { at, layer } of task.directories) {
    if (layer === undefined) continue;
    kept.push(layerPath(at));
    // All that the directory begins with, whoever made it: no layer is named otherwise.
    if (layer.on !== undefined) root.directory(at, resultOf(layer.on).layers![at]!);
  }
  for (const input of task.inputs) addInput(root, input, resultOf);
  const command: Command = {
    arguments: commandOf(task.work),
    environment: Object.entries(task.variables).sort(([a], [b]) => (a < b ? -1 : 1)),
    outputPaths: [...Object.values(task.outputs).map(({ at }) => at.slice(1)), ...kept].sort(),
    workingDirectory: task.work.kind === 'script' ? task.work.workdir.slice(1) : '',
  };
  const platform: [string, string][] = [
    ...(task.work.kind === 'script'
      ? [['image', task.work.image.identity] as [string, string]]
      : []),
    ['network', String(task.network)],
    ['platform', PLATFORM],
    ['volatile', Object.keys(task.volatile).sort().join(' ')],
    ['writable', writableDirectories(task)],
  ];
  const encoded = root.encode();
  const message = encodeCommand(command);
  return actionOf(message, encoded.at(-1)!, platform, encoded.slice(0, -1));
}

/** Scripts run as `bash -euo pipefail`; the arguments of a step name it, for the record. */
export function commandOf(work: Task['work']): readonly string[] {
  if (work.kind === 'script') {
    return ['/bin/bash', '-euo', 'pipefail', '-c', scriptOf(work), 'ashlar'];
  }
  const { name, version, parameters } = work;
  return ['ashlar', 'step', name, String(version), canonicalJson(parameters)];
}

/** The text that bash gets: the functions, in an order of their own, before what calls them. */
function scriptOf({ text, functions = {} }: Script): string {
  const defined = Object.entries(functions).sort(([a], [b]) => byCodePoint(a, b));
  return [...defined.map(([name, body]) => `${name}() {\n${body}\n}\n`), text].join('');
}

function writableDirectories(task: Task): string {
  return task.directories
    .filter(({ writable }) => writable)
    .map(({ at }) => at)
    .join(' ');
}

function addInput(root: InputRoot, input: Input, resultOf: (task: Task) => TaskResult): void {
  switch (input.kind) {
    case 'file':
      root.file(input.at, input.digest, input.executable);
      break;
    case 'text':
      root.file(input.at, digestOf(input.content), false);
      break;
    case 'link':
      root.link(input.at, input.target);
      break;
    case 'directory':
      root.directory(input.at, EMPTY_DIRECTORY);
      break;
    case 'output':
      addOutput(root, input.at, resultOf(input.task), input.output);
      break;
    case 'archive':
      // Named after its format, so that the same bytes unpacked otherwise are another action.
      addOutput(root, `${input.at}.archive/${input.name}`, resultOf(input.task), input.output);
      break;
    case 'packages':
      for (const { id, task, output } of input.packages) {
        addOutput(root, `${input.at}/packages/${id}`, resultOf(task), output);
      }
      break;
  }
}

function addOutput(root: InputRoot, at: string, result: TaskResult, name: string): void {
  const value = result.outputs[name]!;
  if (value.kind === 'file') root.file(at, value.digest, value.executable);
  else root.directory(at, value.root);
}

function actionOf(
  command: Uint8Array,
  root: Uint8Array,
  platform: readonly (readonly [string, string])[],
  others: readonly Uint8Array[],
): TaskKey {
  const action = encodeAction({
    command: digestOf(command),
    inputRoot: digestOf(root),
    platform,
  });
  return { key: digestOf(action), blobs: [...others, root, command, action] };
}
