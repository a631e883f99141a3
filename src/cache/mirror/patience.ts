// Ends an exchange that does not begin in time, or that brings next to nothing, or that nobody wants any
// more. Knows nothing of what is exchanged. It looks once per span: a stall is noticed after one to two.

export interface Times {
  /** Milliseconds that an answer may take to begin, and the span in which bytes are counted. */
  readonly spanMs: number;
  /** Fewer bytes than this in a span are a stall. */
  readonly leastBytes: number;
}

export const DEFAULT_TIMES: Times = { spanMs: 10_000, leastBytes: 16 << 10 };

export class Patience implements Disposable {
  /** Whether it was impatience that ended the exchange. */
  over = false;
  readonly #times: Times;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #abort = (): void => this.#controller.abort();
  #timer: NodeJS.Timeout;
  #count = 0;

  constructor(times: Times, outer: AbortSignal) {
    this.#times = times;
    this.#outer = outer;
    this.#timer = setTimeout(this.#look, times.spanMs);
    outer.addEventListener('abort', this.#abort, { once: true });
    if (outer.aborted) this.#abort();
  }

  readonly #look = (): void => {
    if (this.#count < this.#times.leastBytes) {
      this.over = true;
      this.#controller.abort();
      return;
    }
    this.#count = 0;
    this.#timer = setTimeout(this.#look, this.#times.spanMs);
  };

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** So many bytes came or went. */
  seen(bytes: number): void {
    this.#count += bytes;
  }

  /** The answer began: a span begins with it. */
  began(): void {
    clearTimeout(this.#timer);
    this.#count = 0;
    if (!this.over) this.#timer = setTimeout(this.#look, this.#times.spanMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }
}
