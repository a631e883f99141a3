// Which dependencies of two records are one: the same task with another key, or under another name, or a task that
// came in between. Knows nothing of what they differ in.
import type { Sha256Hex } from '../base/digest.ts';
import type { Difference } from './difference.ts';
import type { Leaf } from './leaves.ts';
import type { Side } from './side.ts';

/** Told of each pair that is met below: a task that was another key before. */
export type OnPair = (old: Sha256Hex, now: Side) => void;

/** Whether a key was one of a task of this name. */
export type KnownAs = (key: Sha256Hex, name: string) => boolean;

/** What the task of a key was called, where that is known. */
export type NameOf = (key: Sha256Hex) => string | undefined;

export type Another = 'came' | 'went';

/** What a comparer is lent. */
export interface Comparing {
  readonly onPair?: OnPair;
  readonly knownAs?: KnownAs;
  readonly nameOf?: NameOf;
  /** What differs between two images, where it is known. */
  readonly images?: (old: string, now: string) => { old: string; new: string } | undefined;
}

interface Renamed {
  readonly gone: ReadonlySet<Difference>;
  readonly came: ReadonlySet<Difference>;
  /** Each of both as one. */
  readonly pairs: readonly Difference[];
}

/** What one task gives may have another name now, with the version in it: it is still the same that is taken. */
export function renamed(
  found: readonly Difference[],
  now: Side,
  { knownAs, nameOf }: Required<Comparing>,
): Renamed {
  const ofTask = (leaf: Leaf | undefined): Sha256Hex | undefined =>
    leaf?.path.startsWith('inputs.') === true ? leaf.dependency : undefined;
  const gone = found.filter((one) => one.new === undefined && ofTask(one.old) !== undefined);
  const came = found.filter((one) => one.old === undefined && ofTask(one.new) !== undefined);
  const pairs: Difference[] = [];
  const met = { gone: new Set<Difference>(), came: new Set<Difference>(), pairs };
  for (const one of gone.length === 0 ? [] : came) {
    const name = now.dependency(one.new!.dependency!, undefined)?.name;
    if (name === undefined) continue;
    const isOf = (key: Sha256Hex): boolean => nameOf(key) === name || knownAs(key, name);
    const before = gone.find((other) => !met.gone.has(other) && isOf(other.old!.dependency!));
    if (before === undefined) continue;
    met.gone.add(before);
    met.came.add(one);
    pairs.push({ name: one.name, old: before.old, new: one.new });
  }
  return met;
}

/**
 * The two sides of a dependency that changed, where both are known; if it is another task now, whether that came in
 * between or the one before is gone from there.
 */
export function follow(
  difference: Difference,
  old: Side,
  now: Side,
  { onPair, knownAs }: Required<Comparing>,
): readonly [Side, Side] | Another | undefined {
  const before = difference.old?.dependency;
  const after = difference.new?.dependency;
  if (before === undefined || after === undefined) return undefined;
  const nowSide = now.dependency(after, undefined);
  const oldSide = old.dependency(before, nowSide?.name);
  const another = nowSide && anotherTask(before, oldSide, nowSide, knownAs);
  if (another !== undefined) return another;
  if (nowSide !== undefined) onPair(before, nowSide);
  return nowSide === undefined || oldSide === undefined ? undefined : [oldSide, nowSide];
}

/**
 * Whether tasks came in between, or are gone from there: one of the two depends on the other, or what is
 * there now on a task that had the old key. Records do not say what their tasks were called.
 */
function anotherTask(
  before: Sha256Hex,
  old: Side | undefined,
  now: Side,
  knownAs: KnownAs,
): Another | undefined {
  if (now.name !== undefined && knownAs(before, now.name)) return undefined;
  for (const { dependency } of old?.leaves.values() ?? [])
    if (dependency === now.key) return 'went';
  for (const { dependency } of now.leaves.values()) {
    if (dependency === undefined) continue;
    const name = now.dependency(dependency, undefined)?.name;
    if (dependency === before || (name !== undefined && knownAs(before, name))) return 'came';
  }
  return undefined;
}
