import { expect, test } from 'vitest';
import { definitionError } from '../../src/base/diagnostic.ts';
import { Refusal, refusalOf, settle } from '../../src/base/refusal.ts';

const diagnostic = definitionError({ code: 'archive/limit', message: 'too much' });

test('work that ends well is its value', async () => {
  expect(await settle('read', 'a.tar', async () => 5)).toEqual({ ok: true, value: 5 });
});

test('a refusal is a failure, at its own place or at the file', async () => {
  const refuse = async (error: unknown): Promise<unknown> =>
    settle('read', 'a.tar', async () => {
      throw error;
    });
  expect(await refuse(new Refusal(diagnostic))).toEqual({
    ok: false,
    diagnostics: [{ ...diagnostic, at: { file: 'a.tar' } }],
  });
  const placed = { ...diagnostic, at: { file: 'inner' } };
  expect(await refuse(new Refusal(placed))).toEqual({ ok: false, diagnostics: [placed] });
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  expect(await refuse(full)).toMatchObject({
    diagnostics: [{ code: 'fs/enospc', message: expect.stringContaining('cannot read a.tar') }],
  });
  await expect(refuse(new TypeError('a bug'))).rejects.toThrow('a bug');
});

test('system errors get the path the user knows, others stay', () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  expect(refusalOf('write', full, 'out/file')).toMatchObject({
    diagnostic: { code: 'fs/enospc', message: expect.stringContaining('cannot write out/file') },
  });
  const refusal = new Refusal(diagnostic);
  expect(refusalOf('write', refusal, 'x')).toBe(refusal);
  const bug = new TypeError('a bug');
  expect(refusalOf('write', bug, 'x')).toBe(bug);
});
