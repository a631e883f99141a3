// The order of a package's tasks, from what each says of others: `after` and `before`, and whose outputs
// it uses. Tasks that are left out hand on what they came after. Knows nothing of what tasks do, and of no
// task's name.
import { byCodePoint } from '../../base/digest.ts';
import { didYouMean } from '../../base/diagnostic.ts';
import type { TaskValues } from './properties.ts';

export interface OrderedTask {
  readonly name: string;
  readonly values: TaskValues;
  /** Tasks that come directly before it, in order. */
  readonly after: readonly string[];
  /** The task whose work tree it goes on with. */
  readonly base: string | undefined;
}

export interface OrderProblem {
  readonly task: string;
  /** The property of the task that it is about. */
  readonly property: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Whether a task works on the work tree. */
export function isWork({ work, script, step, prepend, append }: TaskValues): boolean {
  return work ?? (script !== undefined || step === undefined || prepend.length + append.length > 0);
}

/**
 * Orders tasks, dependencies first and otherwise by name, whatever order they come in. `isLeftOut` tells
 * those that the package does not have.
 */
export function orderTasks(
  tasks: Readonly<Record<string, TaskValues>>,
  isLeftOut: (name: string, task: TaskValues) => boolean,
): { readonly order: readonly OrderedTask[]; readonly problems: readonly OrderProblem[] } {
  const problems: OrderProblem[] = [];
  const names = Object.keys(tasks).sort(byCodePoint);
  const before = predecessors(tasks, names, problems);
  const gone = new Set(names.filter((name) => isLeftOut(name, tasks[name]!)));
  const left = names.filter((name) => !gone.has(name));
  const direct = new Map(left.map((name) => [name, withoutGone(name, before, gone)]));
  const sorted = sort(left, direct, tasks, problems);
  const above = ancestorsOf(sorted, direct);
  const order = sorted.map((name): OrderedTask => {
    const all = [...direct.get(name)!].sort(byCodePoint);
    // What another predecessor comes after anyway says nothing new, unless its outputs are all that is seen of it.
    const seen = isWork(tasks[name]!) ? NONE : directly(name, tasks);
    const after = all.filter(
      (one) =>
        (seen.has(one) && hasOutput(tasks[one]!)) ||
        !all.some((other) => above.get(other)!.has(one)),
    );
    const bases = isWork(tasks[name]!) ? workBases(name, tasks, direct, above) : [];
    if (bases.length > 1) {
      problems.push({
        task: name,
        property: 'after',
        message: `it comes after ${bases.join(' and ')}, and both change the work tree`,
        hint: `let one of them come after the other, with "before" or "after"`,
      });
    }
    return { name, values: tasks[name]!, after, base: bases[0] };
  });
  return { order, problems };
}

const NONE: ReadonlySet<string> = new Set();

/** The tasks that are said to come before one, by itself or by them. */
function directly(name: string, tasks: Readonly<Record<string, TaskValues>>): ReadonlySet<string> {
  const before = Object.keys(tasks).filter((one) => tasks[one]!.before.includes(name));
  return new Set([...tasks[name]!.after, ...before]);
}

function hasOutput({ outputs }: TaskValues): boolean {
  return Object.values(outputs).some((path) => path !== undefined && path !== '');
}

/** The nearest tasks before one that work on the work tree. */
function workBases(
  name: string,
  tasks: Readonly<Record<string, TaskValues>>,
  direct: ReadonlyMap<string, ReadonlySet<string>>,
  above: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = [...direct.get(name)!];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (isWork(tasks[next]!)) found.add(next);
    else pending.push(...direct.get(next)!);
  }
  return [...found]
    .filter((one) => ![...found].some((other) => above.get(other)!.has(one)))
    .sort(byCodePoint);
}

/** Who comes before whom, as written. Names of no task are reported. */
function predecessors(
  tasks: Readonly<Record<string, TaskValues>>,
  names: readonly string[],
  problems: OrderProblem[],
): Map<string, Set<string>> {
  const owners = new Map<string, string>();
  for (const name of names) {
    for (const [output, path] of Object.entries(tasks[name]!.outputs)) {
      if (path !== undefined && path !== '') owners.set(output, name);
    }
  }
  const before = new Map(names.map((name) => [name, new Set<string>()]));
  const known = (name: string, property: string, other: string): boolean => {
    if (other === name) {
      problems.push({ task: name, property, message: 'it cannot come before or after itself' });
      return false;
    }
    if (Object.hasOwn(tasks, other)) return true;
    const message = `there is no task "${other}"`;
    problems.push({ task: name, property, message, hint: didYouMean(other, names) });
    return false;
  };
  for (const name of names) {
    for (const other of tasks[name]!.after) {
      if (known(name, 'after', other)) before.get(name)!.add(other);
    }
    for (const output of tasks[name]!.uses) {
      const owner = owners.get(output);
      if (owner !== undefined && owner !== name) before.get(name)!.add(owner);
      else {
        const message =
          owner === name ? `it makes "${output}" itself` : `no task has an output "${output}"`;
        problems.push({
          task: name,
          property: 'uses',
          message,
          hint: didYouMean(output, owners.keys()),
        });
      }
    }
  }
  for (const name of names) {
    const { after, uses, before: followers } = tasks[name]!;
    for (const follower of followers) {
      if (!known(name, 'before', follower)) continue;
      if (after.length === 0 && uses.length === 0) {
        for (const one of tasks[follower]!.after) {
          if (one !== name && Object.hasOwn(tasks, one)) before.get(name)!.add(one);
        }
      }
      before.get(follower)!.add(name);
    }
  }
  return before;
}

/** A task's predecessors, with those of the ones that are left out in their place. */
function withoutGone(
  name: string,
  before: ReadonlyMap<string, ReadonlySet<string>>,
  gone: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  const seen = new Set([name]);
  const pending = [...before.get(name)!];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (gone.has(next)) pending.push(...before.get(next)!);
    else found.add(next);
  }
  return found;
}

/** Dependencies first, by name where that decides nothing. What is on a cycle is reported, and left out. */
function sort(
  names: readonly string[],
  direct: ReadonlyMap<string, ReadonlySet<string>>,
  tasks: Readonly<Record<string, TaskValues>>,
  problems: OrderProblem[],
): string[] {
  const sorted: string[] = [];
  const done = new Set<string>();
  let open = [...names];
  while (open.length > 0) {
    const next = open.find((name) => [...direct.get(name)!].every((one) => done.has(one)));
    if (next === undefined) {
      const chain = cycle(open, direct);
      problems.push({
        task: chain[0]!,
        property: 'after',
        message: `the order of tasks is a circle: ${chain.join(' → ')}`,
        hint: between(chain, tasks),
      });
      return sorted;
    }
    done.add(next);
    sorted.push(next);
    open = open.filter((name) => name !== next);
  }
  return sorted;
}

/** Where a task is put is not written anywhere if it says only what comes after it. */
function between(
  chain: readonly string[],
  tasks: Readonly<Record<string, TaskValues>>,
): string | undefined {
  const name = chain.find((one) => {
    const { after, uses, before } = tasks[one]!;
    return before.length > 0 && after.length === 0 && uses.length === 0;
  });
  if (name === undefined) return undefined;
  const followers = tasks[name]!.before.join(', ');
  return `"${name}" has only "before", which puts it behind all that ${followers} came after; say what it comes "after"`;
}

function cycle(
  open: readonly string[],
  direct: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const path: string[] = [];
  for (let at = open[0]!; ;) {
    const start = path.indexOf(at);
    if (start !== -1) return [...path.slice(start), at];
    path.push(at);
    at = [...direct.get(at)!].find((one) => open.includes(one))!;
  }
}

function ancestorsOf(
  sorted: readonly string[],
  direct: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, Set<string>> {
  const above = new Map<string, Set<string>>();
  for (const name of sorted) {
    const all = new Set<string>();
    for (const one of direct.get(name)!) {
      all.add(one);
      for (const further of above.get(one) ?? []) all.add(further);
    }
    above.set(name, all);
  }
  return above;
}
