// How V8 works for runs that end within a second or two. It is the process's, whatever is computed in it, and the loader
// of the bundle has a copy of this module of its own: what is set lies where both find it. Knows nothing of what runs.
import { setFlagsFromString } from 'node:v8';

/** What is done for each of so many takes longer than that: most of all for packages that are modules. */
const MANY_MODULES = 10_000;
const MANY_PACKAGES = 1500;
const MANY_PACKAGE_MODULES = 200;

/** Bytes of bytecode that a function runs before it is looked at, and V8's own number in Node 20. */
const INTERRUPT_BUDGET = { late: 1_000_000, own: 66 * 1024 };
/** V8 complains on standard error about flags that it does not know, and from Node 22 on it does not know this one. */
const hasInterruptBudget = Number(process.versions.node.split('.')[0]) <= 20;

interface State {
  /** Whether any is set. */
  set: boolean;
  /** Whether the heap is for little. */
  small: boolean;
}

const KEY = Symbol.for('ashlar.heap');
const state: State = ((globalThis as { [KEY]?: State })[KEY] ??= { set: false, small: false });

/** What V8 has by itself, as flags: the same as none for all that depends on which are set. */
const OWN = [
  '--semi-space-growth-factor=2',
  '--heap-growing-percent=0',
  '--incremental-marking',
  '--parallel-scavenge',
];
/**
 * For little: the part of the heap where values begin stays as large as it is, twice 1 MiB, larger it would be memory for
 * nothing. The rest is not marked beforehand, for a collection that most runs end before; what comes to one after all
 * grows by this much of what is left until the next, V8 by itself lets it grow threefold.
 */
const LITTLE = [
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=60',
  '--no-incremental-marking',
  '--no-parallel-scavenge',
];

/** All in one go, since each makes V8 look at every flag that it has. */
function setFlags(budget: number, heap: readonly string[]): void {
  const flags = hasInterruptBudget ? [...heap, `--interrupt-budget=${budget}`] : heap;
  setFlagsFromString(flags.join(' '));
}

function setForShortRun(): void {
  setFlags(INTERRUPT_BUDGET.late, state.small ? LITTLE : OWN);
}

/**
 * From now on code is optimized later than V8 would: most runs end before optimized code has paid for its making. Of
 * `ids` for 1000 packages that was a fifth of all CPU, of a build of them with all in place two fifths. And the heap is
 * for little.
 */
export function expectShortRun(): void {
  state.set = true;
  state.small = true;
  setForShortRun();
}

export interface Work {
  readonly modules?: number;
  readonly packages?: number;
  readonly packageModules?: number;
}

/** Lets the heap be as V8 has it after all if there is much to do. */
export function growHeapFor({ modules = 0, packages = 0, packageModules = 0 }: Work): void {
  const isMuch =
    modules > MANY_MODULES || packages > MANY_PACKAGES || packageModules > MANY_PACKAGE_MODULES;
  if (!state.small || !isMuch) return;
  state.small = false;
  setForShortRun();
}

/**
 * Does something with V8 as it is by itself, until its promise ends if it returns one. Compiled code that was kept, Node's
 * of its own modules among it, is good only for the flags that it was made under.
 */
export function asByItself<T>(action: () => T): T {
  if (!state.set) return action();
  state.set = false;
  setFlags(INTERRUPT_BUDGET.own, OWN);
  const again = (): void => {
    state.set = true;
    setForShortRun();
  };
  let result: T;
  try {
    result = action();
  } catch (error) {
    again();
    throw error;
  }
  if (!(result instanceof Promise)) again();
  else result.then(again, again);
  return result;
}
