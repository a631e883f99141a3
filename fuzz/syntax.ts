// Hostile texts for everything that reads Blueprints files: random bytes, and real constructs cut,
// repeated and mixed. What must hold for each is checked here; a failure throws with the seed.
import { isSpan } from '../src/base/span.ts';
import { evaluate } from '../src/blueprint/syntax/evaluate.ts';
import { format } from '../src/blueprint/syntax/format.ts';
import { parse } from '../src/blueprint/syntax/parse.ts';
import { Scope } from '../src/blueprint/syntax/scope.ts';
import { decodeSource } from '../src/blueprint/syntax/source.ts';

/** Pieces that open, close or change the meaning of what follows. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  ':',
  ',',
  '=',
  '+=',
  '+',
  '-',
  '@',
  '"',
  '`',
  "'",
  '\\',
  '/*',
  '*/',
  '//',
  '\n',
  '\r\n',
  '\0',
  '\f',
  '\u00a0',
  '\ufeff',
  'é',
  '😀',
  '\n\n',
  ' ',
  'select(',
  'select((',
  'default',
  'any @ x',
  'unset',
  'true',
  'name: "x",',
  'm {',
  'm (',
  'x = ',
  'x += ',
  '"a",',
  '"\\',
  '"\\xff"',
  '"\\u12"',
  '9223372036854775808',
  '0x1',
  '1_0',
  '- 5',
  '[[[[[[[[',
  '{a:{a:{a:',
  'f(),',
  '{"a": 1',
  '/*\n',
  '`\n',
  '# ',
  '$',
  ';',
];

/** A small generator of numbers, the same on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = (seed * 0x9e3779b1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** The bytes of one hostile file. */
export function hostile(seed: number, corpus: readonly string[]): Buffer {
  const random = randomFrom(seed);
  const kind = random(10);
  if (kind === 0) return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
  if (kind <= 4 || corpus.length === 0) {
    return Buffer.from(
      Array.from({ length: random(60) }, () => PIECES[random(PIECES.length)]!).join(''),
    );
  }
  let bytes = Buffer.from(corpus[random(corpus.length)]!);
  for (let i = random(6); i >= 0; i--) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + random(12));
    const piece = Buffer.from(PIECES[random(PIECES.length)]!);
    const middle = [piece, Buffer.of(random(256)), bytes.subarray(at, to), Buffer.alloc(0)][
      random(4)
    ]!;
    bytes = Buffer.concat([
      bytes.subarray(0, random(2) === 0 ? at : to),
      middle,
      bytes.subarray(to),
    ]);
  }
  return bytes;
}

/** Reads one file in every way; throws if something does not hold. */
export function check(bytes: Buffer): void {
  const source = decodeSource('Blueprints', bytes);
  for (const dialect of ['2021', '2025'] as const) {
    const { file, diagnostics } = parse(source, { dialect });
    for (const { at, message } of diagnostics) {
      if (at === undefined || !isSpan(at)) throw new Error(`no place: ${message}`);
      const inside = at.start >= 0 && at.start <= at.end && at.end <= source.text.length;
      if (!inside) throw new Error(`outside the text: ${message} ${at.start} ${at.end}`);
    }
    evaluate(file, new Scope());
    if (diagnostics.length > 0 || dialect === '2021') continue;
    for (const sort of [false, true]) {
      const once = format(source, { dialect, sort });
      if (!once.ok) {
        if (!sort) throw new Error(`not formatted: ${once.diagnostics[0]!.message}`);
        continue;
      }
      const twice = format({ file: 'Blueprints', text: once.value }, { dialect, sort });
      if (!twice.ok || twice.value !== once.value) throw new Error('formatting is not idempotent');
    }
  }
}

/** Checks `runs` files from a seed on. */
export function fuzzSyntax(seed: number, runs: number, corpus: readonly string[]): void {
  for (let i = seed; i < seed + runs; i++) {
    const bytes = hostile(i, corpus);
    try {
      check(bytes);
    } catch (error) {
      throw new Error(`seed ${i}: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error });
    }
  }
}
