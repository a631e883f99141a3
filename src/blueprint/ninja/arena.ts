// Text of modules until the manifest is written: as bytes outside the heap, where a hundred megabytes
// of it cost the garbage collector nothing.

/** Text that was put away: where it is, and how many bytes. */
export interface Segment {
  readonly block: number;
  readonly start: number;
  readonly length: number;
}

const BLOCK = 1 << 21;

export class TextArena {
  readonly #blocks: Buffer[] = [];
  #end = BLOCK;

  /** Puts text away. */
  add(text: string): Segment {
    // No character takes more than three bytes per UTF-16 unit.
    const most = text.length * 3;
    if (this.#end + most > BLOCK) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK, most)));
      this.#end = 0;
    }
    const block = this.#blocks.length - 1;
    const start = this.#end;
    const length = this.#blocks[block]!.write(text, start);
    this.#end += length;
    return { block, start, length };
  }

  /** The bytes of a text. They must not be changed. */
  get({ block, start, length }: Segment): Buffer {
    return this.#blocks[block]!.subarray(start, start + length);
  }
}
