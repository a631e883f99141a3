// A task engine in a temporary directory whose scripts are JavaScript functions: what runs, and when it
// ends, is in the test's hands.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localCache, type LocalCache } from '../../src/cache/local.ts';
import { openStore, type Store } from '../../src/cache/store.ts';
import { openWorkspace } from '../../src/cache/work.ts';
import type { Image, Sandbox, SandboxCommand, SandboxExit } from '../../src/sandbox/port.ts';
import type { TaskEvent } from '../../src/task/event.ts';
import type { Executor } from '../../src/task/execute.ts';
import { build, type BuildReport, type BuildRequest } from '../../src/task/schedule.ts';
import type { Target } from '../../src/task/node.ts';
import type { Input, Task } from '../../src/task/task.ts';

export const IMAGE: Image = {
  name: 'fake',
  identity: 'fake-1',
  impure: false,
  mounts: [],
  links: {},
};

/** What a script does: gets a function that finds paths inside, and may write to outputs. */
export type Behaviour = (context: {
  locate: (inside: string) => string;
  env: Readonly<Record<string, string>>;
  log: (text: string) => void;
  signal: AbortSignal | undefined;
}) => number | Promise<number>;

export interface Rig {
  readonly directory: string;
  readonly store: Store;
  readonly cache: LocalCache;
  /** Task names in the order in which their scripts ran. */
  readonly ran: string[];
  readonly events: TaskEvent[];
  readonly executor: Executor;
  /** Names in the scratch directory of the executor, but for what the workspace itself keeps there. */
  scratch(): string[];
  build(targets: readonly Task[], options?: Partial<BuildRequest>): Promise<BuildReport>;
  [Symbol.dispose](): void;
}

const behaviours = new Map<string, Behaviour>();
let behaviourCount = 0;

export interface TaskFields {
  readonly name: string;
  /** Part of the key: two scripts of one text are one task to the engine. */
  readonly text?: string;
  readonly does?: Behaviour;
  readonly needs?: readonly Task[];
  readonly inputs?: readonly Input[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly volatile?: Readonly<Record<string, string>>;
  readonly outputKind?: 'tree' | 'file';
}

/** A script task with one output, `out`. By default it writes its text into a file of it. */
export function scriptTask(fields: TaskFields): Task {
  const { name, needs = [], outputKind = 'tree' } = fields;
  const text = fields.text ?? name;
  const at = outputKind === 'tree' ? '/out/tree' : '/out/file';
  const handle = `behaviour-${behaviourCount++}`;
  behaviours.set(handle, fields.does ?? writeText(text));
  return {
    name,
    work: { kind: 'script', text, image: IMAGE, workdir: '/out' },
    variables: fields.variables ?? {},
    // How the fake sandbox finds the function; volatile, so that it is in no key.
    volatile: { ...fields.volatile, BEHAVIOUR: handle, TASK: name },
    directories: [
      { at: '/in', writable: false },
      { at: '/out', writable: true },
    ],
    inputs: [
      ...(fields.inputs ?? []),
      ...needs.map((task, index): Input => ({
        kind: 'output',
        at: `/in/${index}`,
        task,
        output: 'out',
      })),
    ],
    outputs: { out: { at, kind: outputKind } },
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

export function writeText(text: string): Behaviour {
  return ({ locate }) => {
    writeFileSync(join(locate('/out/tree'), 'text'), text);
    return 0;
  };
}

export function fakeSandbox(ran: string[]): Sandbox {
  return {
    name: 'fake',
    hermetic: true,
    unavailable: () => Promise.resolve(undefined),
    limitations: () => Promise.resolve([]),
    commandLine: (command) => command.argv,
    run: async (command: SandboxCommand): Promise<SandboxExit> => {
      ran.push(command.env['TASK']!);
      const does = behaviours.get(command.env['BEHAVIOUR']!)!;
      const locate = (inside: string): string => {
        const mount = command.mounts.find(
          ({ target }) => inside === target || inside.startsWith(`${target}/`),
        )!;
        const path = `${mount.source}${inside.slice(mount.target.length)}`;
        mkdirSync(dirname(path), { recursive: true });
        return path;
      };
      const status = await does({
        locate,
        env: command.env,
        log: (text) => command.onOutput(Buffer.from(text)),
        signal: command.signal,
      });
      return command.signal?.aborted === true ? { kind: 'aborted' } : { kind: 'exited', status };
    },
  };
}

export async function createRig(directory = mkdtempSync(join(tmpdir(), 'ashlar-'))): Promise<Rig> {
  const opened = openStore(join(directory, 'store'));
  if (!opened.ok) throw new Error(opened.diagnostics[0]!.message);
  const store = opened.value;
  const cache = localCache(store);
  const workspace = await openWorkspace(store);
  const ran: string[] = [];
  const events: TaskEvent[] = [];
  const executor: Executor = {
    store,
    workspace,
    sandbox: fakeSandbox(ran),
    hooks: {
      activate: () => Promise.resolve({ ok: true, value: undefined }),
      unpack: () => Promise.resolve({ ok: true, value: undefined }),
    },
    logPath: (task) => join(directory, 'log', `${task.name.replaceAll('/', '_')}.log`),
    keepFailed: false,
  };
  return {
    directory,
    store,
    cache,
    ran,
    events,
    executor,
    scratch: () => readdirSync(workspace.path),
    build: async (targets, options = {}) => {
      const report = await build({
        targets: targets.map((task): Target => ({ task, deliveries: [] })),
        cache,
        executor,
        limits: { cpu: 2, download: 2, restore: 2 },
        keepGoing: false,
        sink: (event) => events.push(event),
        signal: new AbortController().signal,
        ...options,
      });
      if (!report.ok) throw new Error(report.diagnostics.map(({ message }) => message).join('\n'));
      return report.value;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
