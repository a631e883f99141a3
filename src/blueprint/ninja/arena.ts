// Text of modules until the manifest is written: as bytes outside the heap, where a hundred megabytes
// of it cost the garbage collector nothing.

/** Text that was put away. */
export type TextId = number;

export const NO_TEXT: TextId = -1;

/** Small, since V8 collects sooner the more there is outside of the heap. */
const BLOCK = 1 << 18;

export class TextArena {
  readonly #blocks: Buffer[] = [];
  #end = BLOCK;
  /** Of each text its block, where it begins there, and how many bytes it has. */
  #places = new Int32Array(3 << 10);
  #count = 0;

  /** Puts text away. */
  add(text: string): TextId {
    // No character takes more than three bytes per UTF-16 unit.
    const most = text.length * 3;
    if (this.#end + most > BLOCK) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK, most)));
      this.#end = 0;
    }
    const at = this.#count * 3;
    if (at === this.#places.length) {
      const places = new Int32Array(at * 2);
      places.set(this.#places);
      this.#places = places;
    }
    const block = this.#blocks.length - 1;
    const length = this.#blocks[block]!.write(text, this.#end);
    this.#places[at] = block;
    this.#places[at + 1] = this.#end;
    this.#places[at + 2] = length;
    this.#end += length;
    return this.#count++;
  }

  /** The bytes of a text. They must not be changed. */
  get(id: TextId): Buffer {
    const at = id * 3;
    const start = this.#places[at + 1]!;
    return this.#blocks[this.#places[at]!]!.subarray(start, start + this.#places[at + 2]!);
  }
}
