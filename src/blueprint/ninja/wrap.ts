// One line of a manifest, wrapped at 80 columns where a space may stand. Lengths are bytes, as the
// original counts them; a line may end up longer, because the length of the token that caused a wrap
// is forgotten. That is kept: it only shows in the layout, and the layout is what diffs are made of.

const MAX_LENGTH = 80 - ' $'.length;
const INDENT = '        ';

export class WrappedLine {
  #text = '';
  #length = 0;
  #pending = '';
  #pendingLength = 0;
  #space = false;

  /** Writes a part of a token. Whether to wrap before the token is decided with every part. */
  write(part: string): void {
    this.writeBytes(part, byteLength(part));
  }

  /** The same for a part of which it is known how many bytes it has. */
  writeBytes(part: string, length: number): void {
    if (!this.#space) {
      this.#text += part;
      this.#length += length;
    } else if (this.#length + length + 1 > MAX_LENGTH) {
      this.#text += ` $\n${INDENT}${this.#pending}${part}`;
      this.#length = INDENT.length + this.#pendingLength;
      this.#pending = '';
      this.#pendingLength = 0;
      this.#space = false;
    } else {
      this.#pending += part;
      this.#pendingLength += length;
      this.#length += length;
    }
  }

  /** Begins a new token. */
  space(): void {
    if (this.#space) this.#flush();
    this.#space = true;
  }

  /** The whole line, with its end. Afterwards the next line can be written. */
  finish(): string {
    if (this.#space) this.#flush();
    const line = `${this.#text}\n`;
    this.#text = '';
    this.#length = 0;
    this.#space = false;
    return line;
  }

  #flush(): void {
    this.#text += ` ${this.#pending}`;
    this.#length++;
    this.#pending = '';
    this.#pendingLength = 0;
  }
}

const NOT_ASCII = /[^\0-\x7f]/;

function byteLength(text: string): number {
  return NOT_ASCII.test(text) ? Buffer.byteLength(text) : text.length;
}
