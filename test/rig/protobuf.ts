// Protobuf by hand, independent of the library: for messages that no encoder would write.

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field of the varint type. */
export function number(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** A length-delimited field: text, bytes, or a message made of fields. */
export function field(number: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

export function message(...fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(fields);
}
