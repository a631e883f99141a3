// Which tasks the options of `ashlar build` speak of: forced ones, those that may run all the same.
import {
  Collector,
  definitionError,
  didYouMean,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { orderTasks } from '../task/graph.ts';
import type { Target } from '../task/node.ts';
import type { Policy } from '../task/schedule.ts';
import { dependenciesOf, type Task } from '../task/task.ts';

export interface PolicyOptions {
  /** Names of tasks to run whatever is on record. */
  readonly force: readonly string[];
  /** Names of tasks to run with all that follow from them in their package. */
  readonly from: readonly string[];
  readonly ignoreCache: boolean;
  readonly restoreOnly: boolean;
  readonly requireCached: boolean;
  /** Patterns of tasks that may run although everything has to be cached. */
  readonly allow: readonly string[];
}

/** Anything may be taken from the cache, anything may run. */
export const EVERYTHING: PolicyOptions = {
  force: [],
  from: [],
  ignoreCache: false,
  restoreOnly: false,
  requireCached: false,
  allow: [],
};

/** Errors: `task/unknown` for a name that no task of the targets has, `build/options` for a contradiction. */
export function choosePolicy(
  options: PolicyOptions,
  targets: readonly Target[],
): Result<Policy | undefined> {
  const out = new Collector();
  const { ignoreCache, restoreOnly, requireCached, allow } = options;
  const named = options.force.length + options.from.length > 0;
  const chosen = [
    ...(ignoreCache ? ['--no-cache'] : []),
    ...(restoreOnly ? ['--restore-only'] : []),
    ...(requireCached ? ['--require-cached'] : []),
    ...(options.force.length > 0 ? ['--force'] : []),
    ...(options.from.length > 0 ? ['--from'] : []),
  ];
  if ((restoreOnly || requireCached) && chosen.length > 1) {
    out.add(bad(`${chosen.join(' and ')} contradict each other`, 'give one of them'));
  }
  if (allow.length > 0 && !requireCached) {
    out.add(bad('--allow says what may run with --require-cached only', 'give both'));
  }
  if (chosen.length === 0 || out.failed) return out.finish(undefined);
  const except = allow.map(taskPattern);
  const forced = named ? forcedTasks(options, targets, out) : undefined;
  return out.finish({
    ...(forced === undefined ? {} : { forced }),
    ignoreCache,
    restoreOnly,
    ...(requireCached
      ? { requireCached: { except: ({ name }) => except.some((pattern) => pattern.test(name)) } }
      : {}),
  });
}

function bad(message: string, hint: string): Diagnostic {
  return definitionError({ code: 'build/options', message, hint });
}

function forcedTasks(
  { force, from }: PolicyOptions,
  targets: readonly Target[],
  out: Collector,
): ReadonlySet<Task> {
  const ordered = out.take(orderTasks(targets.map(({ task }) => task))) ?? [];
  const byName = new Map(ordered.map((task) => [task.name, task]));
  const find = (name: string): Task[] => {
    const task = byName.get(name);
    if (task !== undefined) return [task];
    const hint =
      didYouMean(name, byName.keys()) ?? 'ashlar build --no-cache --dry-run lists all of them';
    const message = `none of the targets needs a task "${name}"`;
    out.add(definitionError({ code: 'task/unknown', message, hint }));
    return [];
  };
  const forced = new Set(force.flatMap(find));
  for (const first of from.flatMap(find)) {
    const following = new Set([first]);
    for (const task of ordered) {
      if (packageOf(task) !== packageOf(first)) continue;
      if (dependenciesOf(task).some((below) => following.has(below))) following.add(task);
    }
    for (const task of following) forced.add(task);
  }
  return forced;
}

/** Tasks are named after their package. */
function packageOf({ name }: Task): string {
  return name.slice(0, Math.max(name.lastIndexOf(':'), 0));
}

/** `*` stands for anything, `?` for one character. */
function taskPattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
