// Which of the records that are known of a task is the nearest to it: the one that differs in the fewest
// things of its own, and among equals the one that fewer changes lead from, however far below they are.
// Without the second, whoever undid a change would be told of it again with the next one.
import { comparer } from './compare.ts';
import { distance, unlike } from './difference.ts';
import type { KnownAs } from './follow.ts';
import { leavesOf, type Value } from './leaves.ts';
import { recordSide, type FindRecord, type Side } from './side.ts';
import type { Sha256Hex } from '../base/digest.ts';

/** A record that a task may be compared with. */
export interface Candidate {
  readonly key: Sha256Hex;
  /** Undefined or null: not to be had. */
  readonly record: Value;
}

export interface Choosing {
  readonly knownAs: KnownAs;
  /** Where records of dependencies are found. */
  readonly find: FindRecord;
}

/** More than there are causes: what cannot be followed comes last. */
const UNKNOWN = 1000;

/** Chooses among candidates; of equals it takes the first. Undefined where none has a record. */
export function chooseNearest({
  knownAs,
  find,
}: Choosing): <T extends Candidate>(side: Side, candidates: readonly T[]) => T | undefined {
  let misses = 0;
  const noting: FindRecord = (key, name) => {
    const record = find(key, name);
    if (record === undefined || record === null) misses++;
    return record;
  };
  const compare = comparer({ knownAs });

  const changes = (side: Side, { key, record }: Candidate): number => {
    const before = misses;
    const causes = compare.causes(recordSide(key, side.name, record, noting), side);
    const apart = causes.reduce((sum, cause) => sum + unlike(cause.old, cause.new), 0);
    return misses > before ? UNKNOWN + apart : apart;
  };

  return (side, candidates) => {
    let nearest = Infinity;
    let equals: (typeof candidates)[number][] = [];
    for (const candidate of candidates) {
      if (candidate.record === undefined || candidate.record === null) continue;
      const apart = distance(leavesOf(candidate.record), side.leaves);
      if (apart > nearest) continue;
      if (apart < nearest) equals = [];
      nearest = apart;
      equals.push(candidate);
    }
    if (equals.length < 2) return equals[0];
    const followed = equals.map((one) => ({ one, by: changes(side, one) }));
    return followed.reduce((best, next) => (next.by < best.by ? next : best)).one;
  };
}
