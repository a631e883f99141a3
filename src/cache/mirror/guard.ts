// Stands before a mirror and decides how long it is worth asking: faults in a row and slowness end it for
// this build, with one warning that says why. One that gives wrong answers is not read any more, but still
// written to, so that what is wrong there is replaced. Knows nothing of what is asked; never fails a build.
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Digest, Sha256Hex } from '../../base/digest.ts';
import type { Requirement } from '../trust/policy.ts';
import { MirrorFault, type Mirror } from './port.ts';

/** Passing faults in a row that end it. */
const MAX_FAULTS = 3;
/** Results that are not trusted: so many are named, the others counted. */
const NAMED = 3;
/** Answers that were wrong. */
const MAX_LIES = 5;
/** The longest that a busy mirror is waited for, all in all. */
const MAX_WAIT_MS = 15_000;

export interface GuardOptions {
  readonly mirror: Mirror;
  readonly writable: boolean;
  /** What its results' signatures have to be. */
  readonly require: Requirement;
  /** Not to be asked from the start, by the user's wish: what is meant for it is noted for later. */
  readonly away?: boolean;
  readonly onWarning: (diagnostic: Diagnostic) => void;
}

export class Guard {
  readonly mirror: Mirror;
  readonly require: Requirement;
  /** Results are to be sent to it, now or later. */
  readonly isForWriting: boolean;
  /** Blobs that it has, with wrong bytes. */
  readonly #wrong = new Set<Sha256Hex>();
  #distrusted = 0;
  readonly #onWarning: (diagnostic: Diagnostic) => void;
  readonly #controller = new AbortController();
  /** Aborted when its answers are not believed any more. */
  readonly #reading = new AbortController();
  #writable: boolean;
  #faults = 0;
  #lies = 0;
  #waitedMs = 0;

  constructor({ mirror, writable, require, away = false, onWarning }: GuardOptions) {
    this.mirror = mirror;
    this.require = require;
    this.isForWriting = writable;
    this.#writable = writable;
    this.#onWarning = onWarning;
    if (away) this.#controller.abort();
  }

  get name(): string {
    return this.mirror.name;
  }

  /** Given up, or away: neither read nor written to. */
  get down(): boolean {
    return this.#controller.signal.aborted;
  }

  get readable(): boolean {
    return !this.down && !this.#reading.signal.aborted;
  }

  get writable(): boolean {
    return this.#writable && !this.down;
  }

  /**
   * Asks for what is to be used, and once more where that may help. Undefined when it failed, is not read
   * any more, or the signal aborted. Anything but a MirrorFault is thrown on.
   */
  ask<T>(
    question: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    return this.#try(question, AbortSignal.any([signal, this.#reading.signal]));
  }

  /** As ask(), for what is to be sent: also to a mirror that is not read any more. */
  send<T>(
    question: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    return this.#try(question, signal);
  }

  async #try<T>(
    question: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const both = AbortSignal.any([signal, this.#controller.signal]);
    for (let attempt = 0; !both.aborted; attempt++) {
      try {
        const answer = await question(both);
        this.#faults = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof MirrorFault)) throw error;
        if (both.aborted || !(await this.#again(error, attempt, both))) return undefined;
      }
    }
    return undefined;
  }

  /** Whether to try once more. */
  async #again(fault: MirrorFault, attempt: number, signal: AbortSignal): Promise<boolean> {
    switch (fault.kind) {
      case 'lasting':
        this.giveUp(fault.message);
        return false;
      case 'unwritable':
        this.#stopWriting(fault.message);
        return false;
      case 'busy':
        return this.#wait(fault, signal);
      case 'passing':
        this.#faults++;
        if (this.#faults >= MAX_FAULTS) this.giveUp(fault.message);
        return !this.down && attempt === 0;
    }
  }

  async #wait({ message, waitMs }: MirrorFault, signal: AbortSignal): Promise<boolean> {
    if (this.#waitedMs + waitMs > MAX_WAIT_MS) {
      this.giveUp(`${message} and asks to come back in ${Math.ceil(waitMs / 1000)} s`);
      return false;
    }
    // However many questions wait at the same time, and however little they are asked to.
    this.#waitedMs += Math.max(waitMs, 100);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }

  /** It said something that is not so. Told each time, and not borne for long. */
  lied(diagnostic: Diagnostic): void {
    if (!this.readable) return;
    this.#onWarning(diagnostic);
    this.#lies++;
    if (this.#lies >= MAX_LIES) this.#stopReading(`${MAX_LIES} of its answers were wrong`);
  }

  /** Remembers that a blob there has to be replaced, whatever the mirror says of it. */
  markWrong({ hash }: Digest): void {
    this.#wrong.add(hash);
  }

  /** Of a mirror that gave many wrong answers nothing is believed to be right. */
  isWrong({ hash }: Digest): boolean {
    return !this.readable || this.#wrong.has(hash);
  }

  /** It has a result that is not trusted: that is no fault of the mirror's. */
  distrusted(diagnostic: Diagnostic): void {
    this.#distrusted++;
    if (this.#distrusted <= NAMED) this.#onWarning(diagnostic);
  }

  /** What is left to be said at the end. */
  untold(): Diagnostic[] {
    const more = this.#distrusted - NAMED;
    if (more <= 0) return [];
    const what = more === 1 ? 'result' : 'results';
    const message = `${more} more ${what} of the mirror ${this.name} ${more === 1 ? 'was' : 'were'} not trusted`;
    const diagnostic = environmentError({ code: 'mirror/untrusted-result', message });
    return [{ ...diagnostic, severity: 'warning' }];
  }

  giveUp(reason: string): void {
    if (this.down) return;
    this.#onWarning({
      ...environmentError({
        code: 'mirror/given-up',
        message: `the mirror ${this.name} is not asked any more: ${reason}`,
        hint: 'what it would have given comes from elsewhere, or is built',
      }),
      severity: 'warning',
    });
    this.#controller.abort();
  }

  #stopReading(reason: string): void {
    if (!this.writable) {
      this.giveUp(reason);
      return;
    }
    this.#onWarning({
      ...environmentError({
        code: 'mirror/given-up',
        message: `the mirror ${this.name} is not read any more: ${reason}`,
        hint: 'what is built instead goes there in place of what is wrong',
      }),
      severity: 'warning',
    });
    this.#reading.abort();
  }

  #stopWriting(reason: string): void {
    if (!this.#writable || this.down) return;
    this.#writable = false;
    this.#onWarning({
      ...environmentError({
        code: 'mirror/unwritable',
        message: `nothing more is sent to the mirror ${this.name}: ${reason}`,
        hint: /\((ENOSPC|EDQUOT)\)/.test(reason)
          ? 'free some space there; the next build sends what did not arrive'
          : 'set "write" to false where results may only be read from it',
      }),
      severity: 'warning',
    });
  }
}
