// Goes round the candidates until one gives the right bytes: the next candidate before a wait, a wait
// before the next round, and an end when rounds bring nothing new. Knows nothing of names and places.
import type { Note } from '../../base/diagnostic.ts';
import { backoff, sleep, type Clock } from './clock.ts';
import { decodeInto } from './coding.ts';
import { HEAD_BYTES, looksLike } from './kind.ts';
import type { Outcome } from './outcome.ts';
import type { Part } from './part.ts';
import type { Environment } from '../../base/http/proxy.ts';
import { transfer, type Candidate } from './transfer.ts';

export interface PursuitOptions {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly signal: AbortSignal | undefined;
  readonly stallMs: number;
  readonly maxBytes: number;
  /** Whether there are checksums to judge the bytes by. */
  readonly pinned: boolean;
  /** Where a file with the wrong bytes goes. */
  readonly corrupt: string;
  /** A second part, for bytes that must be decoded. */
  readonly claim: () => Part;
  readonly onBytes: (url: string, received: number, total: number | undefined) => void;
}

export interface CandidateFailure {
  readonly url: string;
  readonly kind: 'mismatch' | 'missing' | 'failed';
  readonly reason: string;
  readonly notes: readonly Note[];
}

export type Found =
  | { readonly kind: 'found'; readonly part: Part; readonly url: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'aborted' };

interface Runner {
  readonly candidate: Candidate;
  /** Not asked before this time. */
  notBefore: number;
  failure: CandidateFailure | undefined;
  out: boolean;
}

/** Rounds without progress before giving up; waits of up to 1, 2, 4 and 8 s lie between them. */
const IDLE_ROUNDS = 5;
/** Arriving beyond the furthest point so far by this much is progress. */
const PROGRESS_BYTES = 65_536;
/** Repeats of one candidate without a wait: a refused range, then a mended mixture. */
const REPEATS = 3;

export class Pursuit {
  readonly #part: Part;
  readonly #options: PursuitOptions;
  readonly #runners: Runner[];

  constructor(part: Part, candidates: readonly Candidate[], options: PursuitOptions) {
    this.#part = part;
    this.#options = options;
    this.#runners = candidates.map((candidate) => ({
      candidate,
      notBefore: 0,
      failure: undefined,
      out: false,
    }));
  }

  /** What was wrong with each candidate that was tried, in order. */
  get failures(): readonly CandidateFailure[] {
    return this.#runners.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  }

  /** Throws only `DiskFailure` (and bugs). */
  async run(): Promise<Found> {
    const { clock, signal } = this.#options;
    let furthest = this.#part.size;
    for (let idle = 0; idle < IDLE_ROUNDS;) {
      for (const runner of this.#runners) {
        if (runner.out || runner.notBefore > clock.now()) continue;
        const found = await this.#ask(runner);
        if (found !== undefined) return found;
      }
      const live = this.#runners.filter(({ out }) => !out);
      if (live.length === 0) break;
      idle = this.#part.size >= furthest + PROGRESS_BYTES ? 0 : idle + 1;
      furthest = Math.max(furthest, this.#part.size);
      if (idle === IDLE_ROUNDS) break;
      const soonest = Math.min(...live.map(({ notBefore }) => notBefore));
      // A timer may ring a moment early.
      await sleep(
        clock,
        Math.max(backoff(clock, Math.max(0, idle - 1)), soonest - clock.now() + 5),
        signal,
      );
      if (signal?.aborted === true) return { kind: 'aborted' };
    }
    return { kind: 'failed' };
  }

  /** Asks one candidate, repeating at once what costs no patience. Undefined: go on with the next. */
  async #ask(runner: Runner): Promise<Found | undefined> {
    const { candidate } = runner;
    const part = this.#part;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const outcome = await transfer(candidate, part, {
        ...this.#options,
        onBytes: (received, total) => this.#options.onBytes(candidate.url, received, total),
      });
      if (outcome.kind === 'aborted') return { kind: 'aborted' };
      if (outcome.kind === 'complete') {
        const right = await this.#judge(outcome);
        if (right !== undefined) {
          runner.failure = undefined;
          return { kind: 'found', part: right, url: candidate.url };
        }
        if (part.whole) {
          this.#reject(runner, outcome);
          return undefined;
        }
        // Pieces of two versions, or of two mirrors, say nothing about either: get it whole.
        part.restart();
        runner.failure = {
          url: candidate.url,
          kind: 'failed',
          reason: 'the bytes of an earlier download and its own do not make one file',
          notes: [],
        };
        continue;
      }
      // A wrong length in the answer's head does not matter when the bytes are right.
      if (this.#options.pinned && part.hasher.mismatches().length === 0) {
        runner.failure = undefined;
        return { kind: 'found', part, url: candidate.url };
      }
      runner.failure = {
        url: candidate.url,
        kind: outcome.kind === 'refused' && outcome.missing ? 'missing' : 'failed',
        reason: outcome.reason,
        notes: [],
      };
      if (outcome.kind === 'refused') {
        runner.out = true;
        return undefined;
      }
      runner.notBefore = this.#options.clock.now() + (outcome.waitMs ?? 0);
      if (outcome.atOnce !== true) return undefined;
    }
    return undefined;
  }

  /** The part that has the right bytes: as they came, or decoded. */
  async #judge(outcome: Outcome & { kind: 'complete' }): Promise<Part | undefined> {
    const { encoding } = outcome;
    if (this.#part.hasher.mismatches().length === 0) {
      if (this.#options.pinned || encoding === undefined) return this.#part;
    }
    if (encoding === undefined) return undefined;
    const decoded = this.#options.claim();
    let right = false;
    try {
      right =
        (await decodeInto(this.#part, decoded, encoding)) &&
        decoded.hasher.mismatches().length === 0;
    } finally {
      (right ? this.#part : decoded).discard();
    }
    return right ? decoded : undefined;
  }

  /** Records a mismatch and puts the wrong file where a person can look at it. */
  #reject(runner: Runner, { encoding }: Outcome & { kind: 'complete' }): void {
    const { hash, size } = this.#part.hasher.digest();
    const kind = looksLike(this.#part.head(HEAD_BYTES));
    const [first, ...more] = this.#part.hasher.mismatches();
    this.#part.setAside(this.#options.corrupt);
    runner.out = true;
    runner.failure = {
      url: runner.candidate.url,
      kind: 'mismatch',
      reason:
        first === undefined
          ? `it came as ${encoding} data that cannot be decoded`
          : `its ${first.algorithm} is ${first.found}, expected ${first.expected}`,
      notes: [
        ...more.map(({ algorithm, found, expected }) => ({
          message: `its ${algorithm} is ${found}, expected ${expected}`,
        })),
        {
          message: `it looks like ${kind}, ${size} bytes${first?.algorithm === 'sha256' ? '' : `, sha256 ${hash}`}; kept as ${this.#options.corrupt}`,
        },
      ],
    };
  }
}
