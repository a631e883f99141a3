import { posix } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanPath, replaceExtension } from '../../../src/blueprint/glob/path.ts';
import { golden } from '../golden.ts';

const { replace_extension: cases } = golden('pathtools/lists_vectors.json') as {
  replace_extension: { from: string; ext: string; to: string }[];
};

test.each(cases)('extension $ext for $from', ({ from, ext, to }) => {
  expect(replaceExtension(from, ext)).toBe(to);
});

test('cleanPath agrees with node, but for the trailing slash', () => {
  const path = fc.string({ unit: fc.constantFrom('/', '.', 'a', '..', '//'), maxLength: 12 });
  fc.assert(
    fc.property(path, (text) => {
      const wanted = posix.normalize(text);
      expect(cleanPath(text)).toBe(wanted === '/' ? wanted : wanted.replace(/\/$/, ''));
    }),
  );
});
