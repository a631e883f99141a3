// How commands tell what is wrong.
import { expect, test, vi } from 'vitest';
import { warning } from '../../src/base/diagnostic.ts';
import { createContext } from '../../src/cli/context.ts';

test('what several variants say alike is told once', () => {
  const written: string[] = [];
  using spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const [a, b] = ['a', 'b'].map((file) => warning({ code: 'c', message: 'm', at: { file } }));
  createContext().report([b!, a!, { ...a! }, { ...b! }]);
  expect(spy).toHaveBeenCalledTimes(2);
  expect(written).toEqual(['a: warning: m\n', 'b: warning: m\n']);
});
