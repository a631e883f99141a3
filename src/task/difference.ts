// What differs between the records of two tasks, and how far they are apart. Knows nothing of what the
// differences follow from: that is explain.ts.
import { withoutDigests, type Leaf, type Leaves } from './leaves.ts';

export interface Difference {
  /** The name under which the two records meet. */
  readonly name: string;
  /** Undefined: not in that record. */
  readonly old: Leaf | undefined;
  readonly new: Leaf | undefined;
}

/** In the order of the new record, then what only the old one has. */
export function differences(old: Leaves, now: Leaves): Difference[] {
  const found: Difference[] = [];
  for (const [name, leaf] of now) {
    const before = old.get(name);
    if (before?.value !== leaf.value) found.push({ name, old: before, new: leaf });
  }
  for (const [name, leaf] of old) {
    if (!now.has(name)) found.push({ name, old: leaf, new: undefined });
  }
  return withoutDetails(found);
}

/** Of what came or went as a whole (an input, an entry of a list), its parts tell nothing more. */
function withoutDetails(found: readonly Difference[]): Difference[] {
  const whole = new Set<string>();
  for (const { name, old, new: now } of found) {
    if (old === undefined || now === undefined) whole.add(name);
  }
  return found.filter(({ name }) => !wholesOf(name).some((of) => whole.has(of)));
}

/** What stands for all that a leaf is a part of. */
function wholesOf(name: string): string[] {
  const [group] = name.split('.', 1);
  const dot = name.lastIndexOf('.');
  const [stem, part] = [name.slice(0, dot), name.slice(dot + 1)];
  switch (group) {
    case 'inputs':
      // A package goes by its id.
      return /^(output|unpack|executable)$/.test(part)
        ? [stem, `${stem}.id`]
        : part === 'id'
          ? []
          : [`${name}.id`];
    case 'parameters':
      return [stem];
    case 'outputs':
      return part === 'kind' ? [`${stem}.at`] : [];
    case 'directories':
      return part === 'layer' ? [`${stem}.writable`] : [];
    default:
      return [];
  }
}

/**
 * Whether two values differ only in digests in their text: such as an id that is computed from all the
 * rest. Contents and keys are digests as a whole, and are what they stand for.
 */
export function onlyDigests({ old, new: now }: Difference): boolean {
  if (old === undefined || now === undefined || now.dependency !== undefined) return false;
  const shape = withoutDigests(now.value);
  return shape !== '*' && shape !== now.value && shape === withoutDigests(old.value);
}

/**
 * How far apart two records are: each difference counts one, a changed text less than one of another
 * name, and a changed dependency least, because it says nothing of this task.
 */
export function distance(old: Leaves, now: Leaves): number {
  let sum = 0;
  for (const difference of differences(old, now)) {
    if (difference.old !== undefined && difference.new?.dependency !== undefined) sum += 0.25;
    else if (onlyDigests(difference)) sum += 0.01;
    else sum += unlike(difference.old?.value, difference.new?.value);
  }
  return sum;
}

/** From a half to 1: the more, the more lines of two texts, or words of two lines, the other one does not have. */
export function unlike(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return 1;
  const separator = a.includes('\n') || b.includes('\n') ? '\n' : ' ';
  const left = new Set(a.split(separator));
  const right = new Set(b.split(separator));
  let shared = 0;
  for (const line of left) if (right.has(line)) shared++;
  return 1 - (0.5 * shared) / Math.max(1, left.size + right.size - shared);
}
