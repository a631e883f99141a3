// A clock for download tests: waits between attempts pass at once and are recorded; the spans after
// which a stall is noticed pass only when the test says so.
import type { Clock } from '../../src/package/fetch/clock.ts';

/** A span no wait has by chance. */
export const STALL_MS = 31_337;

/** The spans of downloads and of git's silence, where a test leaves them as they are. */
const SPANS = new Set([STALL_MS, 30_000, 300_000]);

export class FakeClock implements Clock {
  /** Milliseconds waited, one entry per wait. */
  readonly waits: number[] = [];
  time = Date.parse('2020-01-01T00:00:00Z');
  #held = new Set<() => void>();

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    if (SPANS.has(ms)) {
      const held = (): void => call();
      this.#held.add(held);
      return () => this.#held.delete(held);
    }
    this.waits.push(ms);
    let cancelled = false;
    setImmediate(() => {
      if (cancelled) return;
      this.time += ms;
      call();
    });
    return () => {
      cancelled = true;
    };
  }

  random(): number {
    return 0.5;
  }

  /** A span passes for all that are watched now. */
  passSpan(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const call of held) call();
  }
}
