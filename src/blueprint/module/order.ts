// The order of visits: dependencies first, otherwise as defined. Finds cycles. Iterative, so that a
// chain of any length is only long.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Group, Variant } from './variant.ts';

export interface Ordered {
  readonly order: Variant[];
  readonly cycles: readonly Diagnostic[];
}

interface Frame {
  readonly variant: Variant;
  /** The earlier variant of the same module comes first, whatever it depends on. */
  readonly before: Variant | undefined;
  /** The next dependency to look at; -1 stands for `before`. */
  next: number;
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** Sorts the variants of all groups. Each cycle that is found is reported once. */
export function orderVariants(groups: readonly Group[]): Ordered {
  const order: Variant[] = [];
  const cycles: Diagnostic[] = [];
  for (const group of groups) {
    for (const member of group.members) if (member.kind === 'variant') member.mark = UNSEEN;
  }
  const stack: Frame[] = [];
  for (const group of groups) {
    let before: Variant | undefined;
    for (const member of group.members) {
      if (member.kind !== 'variant') continue;
      if (member.mark === UNSEEN) visit(member, before, stack, order, cycles);
      before = member;
    }
  }
  return { order, cycles };
}

function visit(
  start: Variant,
  startBefore: Variant | undefined,
  stack: Frame[],
  order: Variant[],
  cycles: Diagnostic[],
): void {
  start.mark = OPEN;
  stack.push({ variant: start, before: startBefore, next: startBefore === undefined ? 0 : -1 });
  while (stack.length > 0) {
    const frame = stack.at(-1)!;
    const { variant, before, next } = frame;
    if (next >= variant.dependencies.length) {
      variant.mark = DONE;
      order.push(variant);
      stack.pop();
      continue;
    }
    frame.next++;
    const dependency = next === -1 ? before! : variant.dependencies[next]!.module;
    if (dependency.mark === OPEN) cycles.push(cycle(stack, dependency));
    else if (dependency.mark === UNSEEN) {
      dependency.mark = OPEN;
      const earlier = variantBefore(dependency);
      stack.push({ variant: dependency, before: earlier, next: earlier === undefined ? 0 : -1 });
    }
  }
}

function variantBefore(variant: Variant): Variant | undefined {
  const { members } = variant.group;
  if (members.length === 1) return undefined;
  for (let i = members.indexOf(variant) - 1; i >= 0; i--) {
    const member = members[i]!;
    if (member.kind === 'variant') return member;
  }
  return undefined;
}

/** The part of the stack that leads back to a variant on it, as one diagnostic with an edge per note. */
function cycle(stack: readonly Frame[], back: Variant): Diagnostic {
  const variants = stack
    .slice(stack.findIndex(({ variant }) => variant === back))
    .map(({ variant }) => variant);
  const next = (i: number): Variant => variants[(i + 1) % variants.length]!;
  return definitionError({
    code: 'module/cycle',
    message: 'encountered dependency cycle:',
    at: next(0).group.place,
    notes: variants.map((variant, i) => ({
      message: `${variant.toString()} depends on ${next(i).toString()}`,
      at: variant.group.place,
    })),
  });
}
