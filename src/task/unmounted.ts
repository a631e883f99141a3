// Scripts in a sandbox that mounts nothing: paths inside become those of the staged directories. What stands
// for where a file is once it is installed must stay, and only the task itself knows which is which.
import { writeFileSync } from 'node:fs';
import { translator, type Translate } from '../sandbox/translate.ts';
import { directoryOf, isInside } from './graph.ts';
import type { Locate, Script, Task, Unmounted } from './task.ts';

/**
 * The script and its environment in paths of this machine, where the task says what they are. Writes the
 * inputs that are other ones then. Throws node's own errors.
 */
export function unmount(
  task: Task,
  locate: Locate,
): ({ work: Script } & Pick<Unmounted, 'variables' | 'volatile'>) | undefined {
  if (task.unmounted === undefined || task.work.kind !== 'script') return undefined;
  const {
    text,
    functions = {},
    files,
    ...environment
  } = task.unmounted((inside) =>
    directoryOf(task, inside) === undefined ? inside : locate(inside),
  );
  for (const [inside, content] of files ?? []) writeFileSync(locate(inside), content);
  return { ...environment, work: { ...task.work, text, functions } };
}

/**
 * Translates what scripts say of a task's directories, but for those at or below `root`: that is a place
 * on hosts as well, and which of the two is meant cannot be seen.
 */
export function mentions({ directories }: Task, root: string, locate: Locate): Translate {
  const named = directories.filter(({ at }) => !isInside(at, root));
  return translator(named.map(({ at }) => ({ target: at, source: locate(at) }))).text;
}

/** A hint for a script that looked for something where its directories would be mounted. */
export function unmountedHint({ directories }: Task, log: readonly string[]): string | undefined {
  const words = log
    .filter((line) => /No such file|not found|cannot (open|find|access)/i.test(line))
    .flatMap((line) => line.split(/[\s'"‘’:,;]+/));
  const found = directories.find(({ at }) => words.some((word) => isInside(word, at)));
  if (found === undefined) return undefined;
  return `nothing is at ${found.at} without a sandbox: scripts find it by a variable, such as $ROOT or $PKG_ROOT`;
}
