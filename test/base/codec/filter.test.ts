import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { filter, FilterFailure } from '../../../src/base/codec/filter.ts';
import { collect } from './roundtrip.ts';

const sh = (script: string, source: Iterable<Buffer> = []): AsyncGenerator<Buffer> =>
  filter('sh', ['-c', script], source);

test('bytes go through the program', async () => {
  const input = Array.from({ length: 40 }, (_, i) => Buffer.alloc(50_000, i));
  expect((await collect(sh('cat', input))).equals(Buffer.concat(input))).toBe(true);
});

test('its environment is empty but for PATH', async () => {
  process.env['XZ_OPT'] = '--bad';
  const env = (await collect(sh('env'))).toString();
  delete process.env['XZ_OPT'];
  expect(env).toContain('PATH=');
  expect(env).not.toContain('XZ_OPT');
});

test('its complaint is the failure', async () => {
  await expect(collect(sh('echo it is bad >&2; exit 3'))).rejects.toMatchObject({
    message: 'it is bad',
    missing: false,
  });
  await expect(collect(sh('exit 3'))).rejects.toThrow('status 3');
});

test('a program that is not there is told apart', async () => {
  const work = collect(filter('no-such-program', [], [Buffer.from('x')]));
  await expect(work).rejects.toBeInstanceOf(FilterFailure);
  await expect(collect(filter('no-such-program', [], []))).rejects.toMatchObject({ missing: true });
});

test('one that does not read its input is no problem', async () => {
  const input = Array.from({ length: 100 }, () => Buffer.alloc(50_000));
  expect((await collect(sh('echo done', input))).toString()).toBe('done\n');
});

test('stopping to read ends it', async () => {
  const children = (): number =>
    readdirSync('/proc').filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return /^\d+$/.test(pid) && stat.split(') ')[1]!.split(' ')[1] === String(process.pid);
      } catch {
        return false;
      }
    }).length;
  const before = children();
  for await (const part of sh('while :; do echo more; done')) {
    expect(part.length).toBeGreaterThan(0);
    break;
  }
  expect(children()).toBe(before);
});

test('what the source throws is thrown, and ends it', async () => {
  const source = function* (): Generator<Buffer> {
    yield Buffer.from('x');
    throw new Error('the source broke');
  };
  await expect(collect(filter('cat', [], source()))).rejects.toThrow('the source broke');
});
