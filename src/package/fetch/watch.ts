// Ends an attempt that brings next to nothing, or that nobody wants any more. Knows nothing of what is
// attempted; it looks once per span, so a stall is noticed after one to two spans.
import type { Clock } from './clock.ts';

export interface WatchOptions {
  readonly clock: Clock;
  readonly spanMs: number;
  /** Less than this in a span is a stall. */
  readonly least: number;
  /** Aborts the attempt as well. */
  readonly signal: AbortSignal | undefined;
}

export class Watch {
  /** Whether it was the watch itself that ended the attempt. */
  stalled = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort();
  #count = 0;
  #cancel: () => void;

  constructor({ clock, spanMs, least, signal }: WatchOptions) {
    const look = (): void => {
      if (this.#count < least) {
        this.stalled = true;
        this.#controller.abort();
      } else {
        this.#count = 0;
        this.#cancel = clock.after(spanMs, look);
      }
    };
    this.#cancel = clock.after(spanMs, look);
    this.#outer = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
  }

  /** What the attempt has to heed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  seen(amount: number): void {
    this.#count += amount;
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#outer?.removeEventListener('abort', this.#abort);
  }
}
