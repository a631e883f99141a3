// Numbers in tar headers: octal text, or binary with the first bit set (base-256, as GNU tar and star
// write what octal has no room for). Reads leniently what real archives hold, and nothing else.

/** The value of a field; undefined for what is no number, is negative, or is above 2^53. */
export function parseNumber(block: Uint8Array, at: number, length: number): number | undefined {
  return block[at]! >= 0x80 ? parseBinary(block, at, length) : parseOctal(block, at, length);
}

function parseBinary(block: Uint8Array, at: number, length: number): number | undefined {
  // The second bit is the sign.
  if (block[at]! >= 0xc0) return undefined;
  let value = block[at]! & 0x3f;
  for (let i = at + 1; i < at + length; i++) {
    value = value * 256 + block[i]!;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return value;
}

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;

function parseOctal(block: Uint8Array, from: number, length: number): number | undefined {
  const end = from + length;
  let at = from;
  // Some old writers pad on the left, and some leave a NUL there. A blank field means zero.
  while (at < end && (block[at] === SPACE || block[at] === 0)) at++;
  let value = 0;
  for (; at < end && block[at]! >= ZERO && block[at]! <= SEVEN; at++) {
    value = value * 8 + (block[at]! - ZERO);
  }
  for (; at < end; at++) if (block[at] !== SPACE && block[at] !== 0) return undefined;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Octal digits and a NUL; undefined when the value does not fit, or is negative or no integer. */
export function formatOctal(value: number, length: number): string | undefined {
  if (!Number.isSafeInteger(value) || value < 0) return undefined;
  const digits = value.toString(8);
  return digits.length < length ? `${digits.padStart(length - 1, '0')}\0` : undefined;
}
