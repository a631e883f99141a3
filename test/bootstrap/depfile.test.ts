import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDepfile } from '../../src/bootstrap/depfile.ts';
import { formatDepfile } from '../../src/blueprint/ninja/depfile.ts';

test('what a compiler writes', () => {
  const text = 'out/a.o: src/a.c \\\n  include/with\\ blank.h \\\n  include/b$$.h\n';
  expect(readDepfile(text)).toEqual(['src/a.c', 'include/with blank.h', 'include/b$.h']);
});

test('reading undoes writing', () => {
  const path = fc.string({
    unit: fc.constantFrom(...'ab/. #*[|$é'),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.array(path, { maxLength: 6 }), (paths) => {
      expect(readDepfile(formatDepfile('out/x', paths))).toEqual(paths);
    }),
  );
});
