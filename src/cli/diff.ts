// What `ashlar diff` does: pairs the tasks of two sides and tells what the pairs differ in, led back to
// what differs of itself. Looks things up and changes nothing.
import { Collector, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import type { Store } from '../cache/store.ts';
import { comparer, taskLabel } from '../task/compare.ts';
import { imageChange } from '../task/imagechange.ts';
import type { Cause } from '../task/reason.ts';
import type { FindRecord, Side } from '../task/side.ts';
import { causeIdentity } from '../task/reason.ts';
import { loadSettings } from '../package/settings.ts';
import { Missed } from '../task/missed.ts';
import { openMirrors } from './mirrors.ts';
import { openUserStore, type PrepareRequest } from './prepare.ts';
import { findSides, type Sides } from './side.ts';
import { taskOfResult } from '../task/rebuild.ts';
import { packagesDirectory } from './tree.ts';

export interface DiffRequest extends PrepareRequest {
  readonly words: readonly [a: string, b: string];
}

/** Two tasks that were compared; the keys are equal when they do not differ. */
export interface Pair {
  readonly task: string;
  /** Of two that are not the same task: the name of the other one, of side a. */
  readonly other?: string;
  readonly a: Sha256Hex;
  readonly b: Sha256Hex;
}

export interface Difference {
  readonly cause: Cause;
  /** Tasks that differ for it. */
  readonly tasks: readonly string[];
}

export interface DiffAnswer {
  readonly store: Store | undefined;
  readonly labels: readonly [a: string, b: string];
  readonly pairs: readonly Pair[];
  /** The one with the most consequences first. */
  readonly differences: readonly Difference[];
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors are those of `findSides`. */
export async function answerDiff(request: DiffRequest, signal: AbortSignal): Promise<DiffAnswer> {
  const setup = new Collector();
  const store = openUserStore(request.env, setup);
  const labels = request.words;
  if (store === undefined) return { store, labels, ...NOTHING, diagnostics: setup.diagnostics };
  const missed = new Missed();
  for (;;) {
    const out = new Collector();
    const paired = await compareWords(request, store, missed.find, signal, out);
    // Records that are not here may be at a mirror; each may lead on to others.
    const more = await fetchMissed(missed, request, store, signal);
    if (!more || signal.aborted) return { store, labels, ...paired, diagnostics: out.diagnostics };
  }
}

async function compareWords(
  request: DiffRequest,
  store: Store,
  find: FindRecord,
  signal: AbortSignal,
  out: Collector,
): Promise<Paired> {
  const found: (Sides | undefined)[] = [];
  for (const word of request.words) {
    found.push(await findSides(word, request, store, signal, out, find));
  }
  const [a, b] = found;
  return a === undefined || b === undefined || out.failed ? NOTHING : pairUp(a, b, store);
}

/** Warnings of mirrors are not told: what they do not give shows in the answer. */
async function fetchMissed(
  missed: Missed,
  request: DiffRequest,
  store: Store,
  signal: AbortSignal,
): Promise<boolean> {
  if (!missed.any) return false;
  const out = new Collector();
  const shared = loadSettings(packagesDirectory(request), request.cwd, out).sharedState;
  const mirrors = await openMirrors(
    {
      ...request,
      shared,
      store,
      mayWrite: false,
      mayUseNetwork: true,
      onWarning: () => undefined,
    },
    out,
  );
  if (mirrors === undefined) return false;
  const fetched = await missed.fetch(mirrors, store, signal);
  await mirrors.close(signal);
  return fetched;
}

type Paired = Pick<DiffAnswer, 'pairs' | 'differences' | 'onlyA' | 'onlyB'>;

const NOTHING: Paired = { pairs: [], differences: [], onlyA: [], onlyB: [] };

function pairUp(a: Sides, b: Sides, store: Store): Paired {
  const compare = comparer({
    nameOf: (key) => a.sides.find((side) => side.key === key)?.name ?? taskOfResult(store, key),
    images: (old, now) => imageChange(store, old, now),
  });
  const pairs: Pair[] = [];
  const differences = new Map<string, { cause: Cause; tasks: string[] }>();
  const { matched, onlyA, onlyB } = match(a.sides, b.sides);
  for (const [old, now] of matched) {
    const task = nameOf(now, old);
    // Of a side that is only a record no name may be known.
    const apart = old.name !== undefined && now.name !== undefined && old.name !== now.name;
    pairs.push({ task, a: old.key, b: now.key, ...(apart ? { other: nameOf(old) } : {}) });
    for (const cause of compare.causes(old, now)) {
      const name = causeIdentity(cause);
      const known = differences.get(name);
      if (known === undefined) differences.set(name, { cause, tasks: [task] });
      else known.tasks.push(task);
    }
  }
  return {
    pairs,
    differences: [...differences.values()].sort((x, y) => y.tasks.length - x.tasks.length),
    onlyA,
    onlyB,
  };
}

/** One with one, whatever they are called; else by name. */
function match(
  a: readonly Side[],
  b: readonly Side[],
): { matched: (readonly [Side, Side])[]; onlyA: string[]; onlyB: string[] } {
  if (a.length === 1 && b.length === 1) {
    return { matched: [[a[0]!, b[0]!]], onlyA: [], onlyB: [] };
  }
  const byName = (sides: readonly Side[]): Map<string, Side> =>
    new Map(sides.map((side) => [nameOf(side), side]));
  const [left, right] = [byName(a), byName(b)];
  const matched = [...left].flatMap(([name, side]) => {
    const other = right.get(name);
    return other === undefined ? [] : [[side, other] as const];
  });
  const only = (names: Map<string, Side>, others: Map<string, Side>): string[] =>
    [...names.keys()].filter((name) => !others.has(name));
  // A target against a whole tree is about that target.
  return {
    matched,
    onlyA: b.length === 1 && matched.length > 0 ? [] : only(left, right),
    onlyB: a.length === 1 && matched.length > 0 ? [] : only(right, left),
  };
}

function nameOf(...sides: readonly Side[]): string {
  return sides.find(({ name }) => name !== undefined)?.name ?? taskLabel(sides[0]!);
}
