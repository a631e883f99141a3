// Protobuf's wire format, read strictly: a field whose wire type is not what its message says, text that
// is not UTF-8 and numbers that JavaScript would round are malformed. Knows nothing of any message.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MalformedMessage } from './message.ts';

/** Takes the fields it knows, by reading each once, and says so; those it does not take are skipped. */
export type Fields = (field: number, wire: Wire) => boolean;

/** Reads one message. Throws MalformedMessage. */
export function readMessage(bytes: Uint8Array, fields: Fields): void {
  try {
    const wire = new Wire(bytes);
    for (let field = wire.next(); field !== undefined; field = wire.next()) {
      if (!fields(field, wire)) wire.skip(field);
    }
  } catch (error) {
    if (error instanceof MalformedMessage) throw error;
    throw new MalformedMessage(error instanceof Error ? error.message : String(error));
  }
}

/** The field at hand, to be read as what its message says it is. */
export class Wire {
  readonly #reader: BinaryReader;
  #type: WireType = WireType.Varint;

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  /** Number of the next field, undefined at the end. */
  next(): number | undefined {
    if (this.#reader.pos >= this.#reader.len) return undefined;
    const [field, type] = this.#reader.tag();
    this.#type = type;
    return field;
  }

  skip(field: number): void {
    this.#reader.skip(this.#type, field);
  }

  bytes(): Uint8Array {
    this.#expect(WireType.LengthDelimited);
    return this.#reader.bytes();
  }

  text(): string {
    this.#expect(WireType.LengthDelimited);
    return this.#reader.string(true);
  }

  flag(): boolean {
    this.#expect(WireType.Varint);
    return this.#reader.bool();
  }

  int32(): number {
    this.#expect(WireType.Varint);
    return this.#reader.int32();
  }

  uint32(): number {
    this.#expect(WireType.Varint);
    return this.#reader.uint32();
  }

  int64(): number {
    this.#expect(WireType.Varint);
    const value = Number(this.#reader.int64());
    if (!Number.isSafeInteger(value)) throw new MalformedMessage(`${value} is out of range`);
    return value;
  }

  #expect(type: WireType): void {
    if (this.#type !== type) {
      throw new MalformedMessage(`a field of wire type ${this.#type}, expected ${type}`);
    }
  }
}
