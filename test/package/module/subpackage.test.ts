// Which files a pattern names.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claims } from '../../../src/package/module/subpackage.ts';

test.each([
  ['include', ['include/a.h', 'include/sub/b.h', 'include'], ['lib/include', 'includes/a']],
  ['include/**', ['include/a.h', 'include/sub/b.h'], ['lib/include/x']],
  ['lib/*.so', ['lib/a.so'], ['lib/a.so.1', 'lib/sub/a.so', 'a.so']],
  ['lib/*.so.*', ['lib/a.so.1.2'], ['lib/a.so']],
  ['**/*.a', ['x.a', 'lib/x.a', 'lib/sub/x.a'], ['lib/x.ab']],
  ['**', ['a', 'a/b/c'], []],
  ['/bin/', ['bin/x'], ['sbin/x']],
  ['lib/lib[ab]?.so', ['lib/liba1.so', 'lib/libbx.so'], ['lib/libc1.so', 'lib/liba.so']],
  ['lib/[!a]*', ['lib/b'], ['lib/a1']],
  ['share/a+b(c).txt', ['share/a+b(c).txt'], ['share/aab(c).txt', 'share/abc.txt']],
])('%s', (pattern, named, others) => {
  const claim = claims(pattern);
  for (const path of named) expect([path, claim(path)]).toEqual([path, true]);
  for (const path of others) expect([path, claim(path)]).toEqual([path, false]);
});

test('a path without wildcards names itself and what lies in it, and nothing else', () => {
  const part = fc.string({
    unit: fc.constantFrom('a', 'b', '.', '+', '(', '$', '^', '|', '\\', '{'),
    minLength: 1,
    maxLength: 4,
  });
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, (one, other) => {
      const claim = claims(one);
      expect(claim(one)).toBe(true);
      expect(claim(`${one}/x`)).toBe(true);
      expect(claim(other)).toBe(other === one || other.startsWith(`${one}/`));
    }),
  );
});
