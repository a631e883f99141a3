// From two sides of a comparison to the causes of their difference: what changed of itself, here or in
// something that this depends on, each once. What follows from something else is not a cause. Without
// recursion, because chains of tasks may be long; each pair is compared once, however often it is met.
import { differences, onlyDigests, type Difference } from './difference.ts';
import type { Leaf } from './leaves.ts';
import { causeIdentity, type Cause } from './reason.ts';
import { follow, renamed, type Comparing, type NameOf } from './follow.ts';
import { withoutRelocated } from './relocation.ts';
import { withoutRepeats } from './repeat.ts';
import type { Side } from './side.ts';

/** More than anybody reads; without a limit, a change of everything would take the square of it. */
const MOST_CAUSES = 100;

export interface Comparer {
  /** Causes of the difference between two sides, the task's own before those of what it depends on. */
  causes(old: Side, now: Side): readonly Cause[];
}

interface Frame {
  readonly id: string;
  readonly now: Side;
  readonly own: Cause[];
  /** What differs in digests only: counts when nothing else differs. */
  readonly consequences: Cause[];
  readonly pairs: readonly (readonly [old: Side, now: Side])[];
  next: number;
}

export function comparer(given: Comparing = {}): Comparer {
  const comparing: Required<Comparing> = {
    onPair: () => undefined,
    knownAs: () => false,
    nameOf: () => undefined,
    images: () => undefined,
    ...given,
  };
  const known = new Map<string, readonly Cause[]>();

  const finish = (frame: Frame): readonly Cause[] => {
    const found = new Map<string, Cause>();
    const add = (cause: Cause): void => {
      const identity = causeIdentity(cause);
      // A task's own come first: what it shows itself is not told of another.
      if (found.size < MOST_CAUSES && !found.has(identity)) found.set(identity, cause);
    };
    frame.own.forEach(add);
    for (const [old, now] of frame.pairs) known.get(pairName(old, now))!.forEach(add);
    if (found.size === 0) frame.consequences.forEach(add);
    return withoutRelocated([...found.values()]);
  };

  return {
    causes: (old, now) => {
      const stack = [open(old, now, comparing)];
      for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
        const pair = frame.pairs[frame.next++];
        if (pair === undefined) {
          known.set(frame.id, finish(frame));
          stack.pop();
        } else if (!known.has(pairName(...pair))) stack.push(open(...pair, comparing));
      }
      return known.get(pairName(old, now))!;
    },
  };
}

function pairName(old: Side, now: Side): string {
  return `${old.key}${now.key}`;
}

function open(old: Side, now: Side, comparing: Required<Comparing>): Frame {
  const own: Cause[] = [];
  const derived: Cause[] = [];
  const pairs = new Map<string, readonly [Side, Side]>();
  const found = old.key === now.key ? [] : differences(old.leaves, now.leaves);
  const tokens = changedTokens(found);
  const met = renamed(found, now, comparing);
  const rest = [...found.filter((difference) => !met.gone.has(difference)), ...met.pairs].filter(
    (difference) => {
      if (met.came.has(difference)) return false;
      const pair = follow(difference, old, now, comparing);
      if (pair === 'came' || pair === 'went') {
        own.push(afterCause(difference, now, pair === 'went' ? comparing.nameOf : undefined));
      } else if (pair !== undefined) pairs.set(pairName(...pair), pair);
      return pair === undefined;
    },
  );
  for (const difference of rest) {
    if (followsFrom(difference, now, tokens, pairs.size > 0))
      derived.push(causeOf(difference, old, now));
    else own.push(withImage(causeOf(difference, old, now), comparing));
  }
  return {
    id: pairName(old, now),
    now,
    own: withoutRepeats(own),
    consequences: derived,
    pairs: [...pairs.values()],
    next: 0,
  };
}

/** A task goes on from another one than before. */
function afterCause(
  { old, new: leaf }: Difference,
  now: Side,
  nameOf: NameOf = () => undefined,
): Cause {
  const name = now.dependency(leaf!.dependency!, undefined)?.name;
  const was = nameOf(old!.dependency!);
  return { path: 'after', task: now.name ?? taskLabel(now), old: was, new: name };
}

const TOKEN = /[0-9a-f]{32,}/g;

/** Digests inside of texts that changed: an id is one, and so is all that is named after it. */
function changedTokens(found: readonly Difference[]): ReadonlySet<string> {
  const tokens = new Set<string>();
  for (const difference of found) {
    if (!onlyDigests(difference)) continue;
    for (const token of difference.new!.value.match(TOKEN) ?? []) tokens.add(token);
  }
  return tokens;
}

/** What nobody wrote, and what differs only in digests that stand for something else that differs. */
function followsFrom(
  difference: Difference,
  now: Side,
  tokens: ReadonlySet<string>,
  below: boolean,
): boolean {
  const leaf = difference.new;
  if (leaf === undefined) return false;
  // Files that are written for a task name what it is made from.
  if (leaf.path.startsWith('inputs.')) return onlyDigests(difference);
  if (now.origin(leaf.path) !== undefined) return false;
  if (onlyDigests(difference)) return true;
  // A step is told of what it is given: versions of packages, say.
  if (leaf.path.startsWith('parameters.') && difference.old !== undefined && below) return true;
  return leaf.path.startsWith('variables.') && tokens.has(leaf.value);
}

function causeOf({ old, new: leaf }: Difference, oldSide: Side, now: Side): Cause {
  const path = (leaf ?? old)!.path;
  const at = now.origin(path, newLine(old?.value, leaf?.value));
  const was = old && oldSide.origin(old.path);
  return {
    path,
    task: now.name ?? taskLabel(now),
    ...(at === undefined ? {} : { at }),
    ...(was === undefined ? {} : { was }),
    old: old && valueOf(old, oldSide),
    new: leaf && valueOf(leaf, now),
  };
}

/** The identity of an image says only that it is another one. */
function withImage(cause: Cause, { images }: Required<Comparing>): Cause {
  const { path, old, new: now } = cause;
  if (path !== 'image' || old === undefined || now === undefined) return cause;
  return { ...cause, ...images(old, now) };
}

/** The first line that a text did not have before, where it is one of several. */
function newLine(old: string | undefined, now: string | undefined): string | undefined {
  if (old === undefined || now?.includes('\n') !== true) return undefined;
  const before = new Set(old.split('\n'));
  return now.split('\n').find((line) => line.trim() !== '' && !before.has(line));
}

/** A dependency by its name, where that is known, or by its key. */
function valueOf(leaf: Leaf, side: Side): string {
  if (leaf.path.endsWith('.layer') && leaf.value === 'null') return 'nothing';
  if (leaf.dependency === undefined) return leaf.value;
  const name = side.dependency(leaf.dependency, undefined)?.name;
  const short = leaf.dependency.slice(0, 12);
  return name === undefined ? short : `${name} (${short})`;
}

/** What a task is called of which only the record is known: what it says of itself, or its key. */
export function taskLabel({ key, leaves }: Side): string {
  const step = leaves.get('step')?.value;
  const name = leaves.get('variables.PKG_NAME')?.value;
  const known = [name, step].filter((word) => word !== undefined).join(':');
  return known === '' ? key.slice(0, 12) : `${known} (${key.slice(0, 12)})`;
}
