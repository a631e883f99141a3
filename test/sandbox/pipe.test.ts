// The pipes that commands write to.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errnoOf } from '../../src/base/fs.ts';
import { PipePool, type OutputPipe } from '../../src/sandbox/pipe.ts';
import { PIPE_MARK } from '../../src/sandbox/watchdog.ts';
import { isRoot, scratch } from './rig.ts';

function take(pool: PipePool): OutputPipe {
  const pipe = pool.take();
  if (!pipe.ok) throw new Error(pipe.diagnostics[0]!.message);
  return pipe.value;
}

async function heard(pipe: OutputPipe): Promise<string> {
  let text = '';
  await new Promise<void>((resolve) =>
    pipe.read((chunk) => void (text += chunk.toString()), resolve),
  );
  return text;
}

test('it carries everything and ends with its last writer', async () => {
  using work = scratch();
  const pool = new PipePool(join(work.path, 'deep/er'));
  for (let round = 0; round < 20; round++) {
    const pipe = take(pool);
    spawnSync('sh', ['-c', `echo ${round}; echo e >&2`], {
      stdio: ['ignore', pipe.writer, pipe.writer],
    });
    pipe.closeWriter();
    expect(await heard(pipe)).toBe(`${round}\ne\n`);
    pipe.release();
  }
  // Pipes have no names while they are used.
  expect(readdirSync(join(work.path, 'deep/er'))).toEqual([]);
});

test('many at once do not mix', async () => {
  using work = scratch();
  const pool = new PipePool(work.path);
  const pipes = Array.from({ length: 30 }, () => take(pool));
  const texts = await Promise.all(
    pipes.map(async (pipe, index) => {
      const child = spawn('echo', [String(index)], { stdio: ['ignore', pipe.writer, 'ignore'] });
      pipe.closeWriter();
      const text = heard(pipe);
      await new Promise((resolve) => void child.once('exit', resolve));
      return text;
    }),
  );
  expect(texts).toEqual(pipes.map((_, index) => `${index}\n`));
  for (const pipe of pipes) pipe.release();
});

test('who holds it is found, and one that is held is not used again', async () => {
  using work = scratch();
  const pool = new PipePool(work.path);
  const pipe = take(pool);
  const child = spawn('sleep', ['1000'], { stdio: ['ignore', pipe.writer, 'ignore'] });
  pipe.closeWriter();
  expect(pipe.holders()).toEqual([child.pid]);
  const ended = heard(pipe);
  pipe.release();
  await ended;
  const others = Array.from({ length: 20 }, () => take(pool));
  child.kill('SIGKILL');
  for (const other of others) {
    expect(other.holders()).toEqual([]);
    other.release();
  }
});

const openFiles = Number(
  /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
);

test.runIf(openFiles <= 100_000)('running out of file descriptors costs nothing for good', () => {
  using work = scratch();
  const pool = new PipePool(work.path);
  take(pool).release();
  const opened: number[] = [];
  const before = readdirSync('/proc/self/fd').length;
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    expect(errnoOf(error)).toBe('EMFILE');
  }
  for (let free = 0; free < 2; free++) {
    for (let attempt = 0; attempt < 20; attempt++) {
      expect(pool.take()).toMatchObject({ ok: false, diagnostics: [{ code: 'fs/emfile' }] });
    }
    closeSync(opened.pop()!);
  }
  for (const fd of opened) closeSync(fd);
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  for (const pipe of Array.from({ length: 20 }, () => take(pool))) pipe.release();
});

test('a place where none can be made is a diagnostic', () => {
  using work = scratch();
  writeFileSync(join(work.path, 'file'), '');
  expect(new PipePool(join(work.path, 'file/x')).take()).toMatchObject({
    ok: false,
    diagnostics: [{ fault: 'environment', code: 'fs/enotdir' }],
  });
  const path = process.env['PATH'];
  process.env['PATH'] = work.path;
  try {
    expect(new PipePool(work.path).take()).toMatchObject({
      diagnostics: [{ code: 'sandbox/no-pipe' }],
    });
  } finally {
    process.env['PATH'] = path;
  }
  expect(readdirSync(work.path)).toEqual(['file']);
  if (isRoot) return;
  chmodSync(work.path, 0o500);
  expect(new PipePool(join(work.path, 'x')).take()).toMatchObject({
    diagnostics: [{ code: 'fs/eacces' }],
  });
  expect(existsSync(join(work.path, 'x'))).toBe(false);
});

test('what a process left that is gone goes away with the next pipe; what others use stays', () => {
  using work = scratch();
  const { pid: gone } = spawnSync('true');
  const space = PIPE_MARK.split('-')[2]!;
  const left = `ashlar-pipes-${space}-${gone}-aa.tmp-${gone}-bb`;
  const used = `ashlar-pipes-${space}-${process.pid}-aa.tmp-1-bb`;
  const elsewhere = `ashlar-pipes-1${space}-${gone}-aa.tmp-1-bb`;
  for (const name of [left, used, elsewhere, 'other']) {
    mkdirSync(join(work.path, name));
    writeFileSync(join(work.path, name, '0'), '');
  }
  take(new PipePool(work.path)).release();
  expect(readdirSync(work.path).sort()).toEqual([elsewhere, used, 'other'].sort());
});
