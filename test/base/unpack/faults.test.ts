// What the operating system refuses, at every call in turn: the error is told with the path, nothing is
// left behind, and no descriptor stays open.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { packTree } from '../../../src/base/tar/pack.ts';
import { unpackTar } from '../../../src/base/tar/unpack.ts';
import { unpackZip } from '../../../src/base/zip/unpack.ts';
import { packArchive } from '../../../src/format/archive.ts';
import { systemFailure, watchFileSystem } from '../../rig/faults.ts';
import { archive } from '../../rig/raw-tar.ts';
import { zip } from '../../rig/raw-zip.ts';
import { scratch } from '../../rig/scratch.ts';

const CALLS = [
  'openSync',
  'writeSync',
  'readSync',
  'mkdirSync',
  'symlinkSync',
  'linkSync',
  'futimesSync',
  'lutimesSync',
  'fchmodSync',
  'renameSync',
  'readdirSync',
  'fstatSync',
  'readlinkSync',
  'fsyncSync',
] as const;
type Call = (typeof CALLS)[number];

/** The call that fails, how many go well before it, and how. */
const plan: { call: Call | undefined; after: number; errno: string; hit: boolean } = {
  call: undefined,
  after: 0,
  errno: 'ENOSPC',
  hit: false,
};

let watched: Disposable;
beforeAll(() => {
  watched = watchFileSystem(({ name }) => {
    if (plan.call !== name || plan.after-- !== 0) return;
    plan.hit = true;
    plan.call = undefined;
    throw systemFailure(plan.errno, name);
  }, CALLS);
});
afterAll(() => watched[Symbol.dispose]());
afterEach(() => {
  plan.call = undefined;
});

const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Lets every call fail in turn, until the work gets through without meeting the fault. */
async function eachFault(
  call: Call,
  errno: string,
  work: () => Promise<{ ok: boolean; codes: string[] }>,
): Promise<number> {
  for (let after = 0; after < 1000; after++) {
    const before = descriptors();
    Object.assign(plan, { call, after, errno, hit: false });
    const { ok, codes } = await work();
    plan.call = undefined;
    expect(descriptors(), `${call} ${after}`).toBe(before);
    if (!plan.hit) {
      expect(ok).toBe(true);
      return after;
    }
    expect(codes, `${call} ${after}`).toEqual([`fs/${errno.toLowerCase()}`]);
  }
  throw new Error('it never got through');
}

const codesOf = (
  result: Awaited<ReturnType<typeof unpackTar>>,
): { ok: boolean; codes: string[] } => ({
  ok: result.ok,
  codes: result.ok ? [] : result.diagnostics.map((diagnostic) => diagnostic.code),
});

describe.each(['ENOSPC', 'EIO', 'EMFILE', 'EDQUOT', 'EROFS'])('%s', (errno) => {
  const bytes = archive(
    { name: 'd/', type: '5' },
    { name: 'd/e/f', content: 'x'.repeat(2000), mode: '0000640\0' },
    { name: 'd/l', type: '2', link: 'e' },
    { name: 'h', type: '1', link: 'd/e/f' },
    { name: 'set', mode: '0004755\0' },
  );

  test.each(CALLS)('from %s while a tar archive is unpacked', async (call) => {
    using work = scratch();
    writeFileSync(work.at('it.tar'), bytes);
    let round = 0;
    await eachFault(call, errno, async () => {
      const name = `out${round++}`;
      const result = await unpackTar(work.at('it.tar'), work.at(name), {
        modes: 'keep',
        special: 'keep',
      });
      plan.call = undefined;
      const left = readdirSync(work.path).filter((entry) => entry.startsWith(name));
      expect(left).toEqual(result.ok ? [name] : []);
      return codesOf(result);
    });
  });

  test.each(CALLS)('from %s while a zip archive is unpacked', async (call) => {
    using work = scratch();
    const entries = [
      { name: 'd/e/f', content: 'x'.repeat(2000), deflate: true },
      { name: 'd/l', content: 'e', mode: 0o120777 },
    ];
    writeFileSync(work.at('it.zip'), zip(entries));
    let round = 0;
    await eachFault(call, errno, async () => {
      const name = `out${round++}`;
      const result = await unpackZip(work.at('it.zip'), work.at(name));
      plan.call = undefined;
      const left = readdirSync(work.path).filter((entry) => entry.startsWith(name));
      expect(left).toEqual(result.ok ? [name] : []);
      return codesOf(result);
    });
  });

  test.each(CALLS)('from %s while a tree is packed', async (call) => {
    using work = scratch();
    mkdirSync(work.at('tree/d'), { recursive: true });
    writeFileSync(work.at('tree/d/f'), 'x'.repeat(2000));
    symlinkSync('d', work.at('tree/l'));
    let round = 0;
    await eachFault(call, errno, async () => {
      const name = `it${round++}.tar`;
      const result = await packArchive(work.at('tree'), work.at(name), {
        codec: 'gzip',
        durable: true,
      });
      plan.call = undefined;
      const left = readdirSync(work.path).filter((entry) => entry.startsWith(name));
      if (result.ok) expect(left).toEqual([name]);
      // Only the flush of the directory comes after the file is in its place.
      else expect(left.filter((entry) => entry.includes('.tmp-'))).toEqual([]);
      return { ok: result.ok, codes: result.ok ? [] : result.diagnostics.map(({ code }) => code) };
    });
  });
});

test('the calls that fail are the calls that are made', async () => {
  using work = scratch();
  const hit = await eachFault('writeSync', 'ENOSPC', async () => {
    const result = await unpackTar(
      [archive({ name: 'f', content: 'x' })],
      work.at(`o${plan.after}`),
    );
    return codesOf(result);
  });
  expect(hit).toBe(1);
  expect([...packTree(work.path)].length).toBe(1);
});
