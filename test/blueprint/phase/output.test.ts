import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ChangedFile } from '../../../src/blueprint/phase/output.ts';

const directory = mkdtempSync(join(tmpdir(), 'ashlar-output-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'out');

function writePieces(pieces: readonly (string | readonly [number, number])[]): boolean {
  const file = new ChangedFile(path);
  for (const piece of pieces) {
    if (typeof piece === 'string') file.write(Buffer.from(piece));
    else file.copy(...piece);
  }
  return file.finish();
}

describe('a file is replaced only if it changes', () => {
  test('a new one is written', () => {
    rmSync(path, { force: true });
    expect(writePieces(['a', 'b', ''])).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('ab');
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test('the same again leaves it alone, however it is cut', () => {
    const before = statSync(path);
    expect(writePieces(['ab'])).toBe(false);
    expect(writePieces([[0, 1], 'b'])).toBe(false);
    expect(writePieces(['a', [1, 1]])).toBe(false);
    expect(statSync(path).ino).toBe(before.ino);
  });

  test.each([
    [['a'], 'a'],
    [['ab', 'c'], 'abc'],
    [['xb'], 'xb'],
    [[], ''],
  ])('%j makes %j', (pieces, text) => {
    writeFileSync(path, 'ab');
    expect(writePieces(pieces)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('an abandoned one leaves nothing behind', () => {
    writeFileSync(path, 'ab');
    const file = new ChangedFile(path);
    file.write(Buffer.from('other'));
    file.abandon();
    expect(readFileSync(path, 'utf8')).toBe('ab');
    expect(readdirSync(directory)).toEqual(['out']);
  });
});

test('any pieces, written or copied from the old file, come to what they say', () => {
  const size = 3 << 20;
  const old = Buffer.alloc(size, 'abcdefghijk');
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc
      .tuple(fc.nat(size - 1), fc.nat(1 << 21))
      .map(([start, length]): [number, number] => [start, Math.min(length, size - start)]),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, fromStart) => {
      writeFileSync(path, old);
      const all = fromStart ? [[0, size - 10] as [number, number], ...pieces] : pieces;
      const expected = Buffer.concat(
        all.map((one) =>
          typeof one === 'string' ? Buffer.from(one) : old.subarray(one[0], one[0] + one[1]),
        ),
      );
      expect(writePieces(all)).toBe(!expected.equals(old));
      expect(readFileSync(path).equals(expected)).toBe(true);
    }),
    { numRuns: 60, examples: [[[[2_396_981, 10]], true]] },
  );
});
