import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNinjaLog } from '../../src/bootstrap/ninjalog.ts';

test.each([5, 6, 7])(
  'a log of version %i names its outputs, tabs and all, each once',
  (version) => {
    const lines = [
      '0\t5\t17\tout/a\tdeadbeef',
      '1\t2\t3\twith\ta tab\t0',
      '5\t9\t18\tout/a\tdeadbeee',
    ];
    const text = `# ninja log v${version}\n${lines.join('\n')}\n`;
    expect(readNinjaLog(text)).toEqual(['out/a', 'with\ta tab']);
  },
);

test('a line that was cut off is left out', () => {
  expect(readNinjaLog('# ninja log v5\n0\t5\t17\tout/a\tdead\n0\t5\t17\tout/b')).toEqual(['out/a']);
});

test.each(['', '# ninja log v4\n1 2 3 a\n', '# ninja log v8\n', 'no log'])(
  'what is no log of a known version is none: %j',
  (text) => expect(readNinjaLog(text)).toBeUndefined(),
);

test('any text is read without throwing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(readNinjaLog(`# ninja log v7\n${text}`)).toBeInstanceOf(Array);
    }),
  );
});
