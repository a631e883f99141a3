import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lock, lockScope, tryLock } from '../../src/base/lock.ts';
import { bundleProgram, type Program } from '../rig/child.ts';

let program: Program;
beforeAll(async () => {
  program = await bundleProgram(resolve(import.meta.dirname, 'lock.child.ts'));
});
afterAll(() => program[Symbol.dispose]());

let count = 0;
const fresh = (): string => `test\0${process.pid}\0${count++}`;
const freshWord = (): string => `test-${process.pid}-${count++}`;

test('a lock is held by one, and free again when it is released', async () => {
  const name = fresh();
  const first = await tryLock(name);
  expect(first).toBeDefined();
  expect(await tryLock(name)).toBeUndefined();
  await first!.release();
  const second = await tryLock(name);
  expect(second).toBeDefined();
  await second!.release();
});

test('releasing twice is fine, and does not take the next holder’s lock away', async () => {
  const name = fresh();
  const first = await tryLock(name);
  await first!.release();
  const second = await tryLock(name);
  await first!.release();
  expect(await tryLock(name)).toBeUndefined();
  await second!.release();
});

test('`await using` releases', async () => {
  const name = fresh();
  {
    await using held = await lock(name);
    expect(held).toBeDefined();
    expect(await tryLock(name)).toBeUndefined();
  }
  await (await tryLock(name))!.release();
});

test.each([
  ['empty', ''],
  ['10,000 characters', 'n'.repeat(10_000)],
  ['NUL, newline and text beyond ASCII', 'a\0b\nc/ß\u{1f3db}'],
])('a name that is %s', async (_, tail) => {
  const name = fresh() + tail;
  const held = await tryLock(name);
  expect(await tryLock(name)).toBeUndefined();
  const other = await tryLock(`${name}x`);
  expect(other).toBeDefined();
  await held!.release();
  await other!.release();
});

test('waiters in one process get it one after the other, each told once that it waits', async () => {
  const name = fresh();
  const first = await lock(name);
  let holders = 0;
  let most = 0;
  let waits = 0;
  const waiters = Array.from({ length: 50 }, async () => {
    const held = await lock(name, undefined, () => waits++);
    most = Math.max(most, ++holders);
    await nextTurn();
    holders--;
    await held!.release();
  });
  await first!.release();
  await Promise.all(waiters);
  expect(most).toBe(1);
  expect(waits).toBeLessThanOrEqual(50);
});

test('an aborted wait ends with nothing, whenever the abort comes', async () => {
  const name = fresh();
  const held = await lock(name);

  const before = new AbortController();
  before.abort();
  expect(await lock(name, before.signal)).toBeUndefined();

  // Between the attempt to take it and the wait for its holder.
  const between = new AbortController();
  expect(await lock(name, between.signal, () => between.abort())).toBeUndefined();

  // While it waits.
  const during = new AbortController();
  const waiting = lock(name, during.signal, () => void nextTurn().then(() => during.abort()));
  expect(await waiting).toBeUndefined();

  // In every turn of the event loop of the way there.
  for (let turns = 0; turns < 6; turns++) {
    const controller = new AbortController();
    const attempt = lock(name, controller.signal);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    controller.abort();
    expect(await attempt).toBeUndefined();
  }
  await held!.release();
});

test('aborted waits leave no connection behind, neither with the holder nor with the waiter', async () => {
  const name = fresh();
  const held = await lock(name);
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController();
    await lock(name, controller.signal, () => void nextTurn().then(() => controller.abort()));
  }
  for (let turn = 0; turn < 20 && open() > before; turn++) await nextTurn();
  expect(open()).toBeLessThanOrEqual(before + 2);
  await held!.release();
});

test('another process waits, and is woken when the holder releases', async () => {
  const name = freshWord();
  const held = await lock(name);
  const child = program.start(name);
  expect(await child.line()).toBe('waiting');
  await held!.release();
  expect(await child.line()).toBe('held');
  expect(await tryLock(name)).toBeUndefined();
  child.process.stdin!.write('release\n');
  expect(await child.ended()).toBe(0);
  await (await tryLock(name))!.release();
});

test('a waiter is woken when the holder is killed', async () => {
  const name = freshWord();
  const child = program.start(name);
  expect(await child.line()).toBe('held');
  let waited = false;
  const waiting = lock(name, undefined, () => {
    waited = true;
    child.process.kill('SIGKILL');
  });
  const held = await waiting;
  expect(waited).toBe(true);
  expect(held).toBeDefined();
  expect(await child.ended()).toBe('SIGKILL');
  await held!.release();
});

test('a holder that has nothing else to do ends, although others wait for it', async () => {
  const name = freshWord();
  const holder = program.start(name);
  expect(await holder.line()).toBe('held');
  const waiting = lock(name);
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  holder.process.stdin!.write('ping\n');
  expect(await holder.line()).toBe('pong');
  holder.process.stdin!.write('leave\n');
  expect(await holder.ended()).toBe(0);
  await (await waiting)!.release();
});

test('many processes, killed and releasing at random: one holder at a time, nobody is forgotten', async () => {
  const name = freshWord();
  const children = Array.from({ length: 12 }, () => program.start(name));
  const waiting = new Map(
    children.map((child) => [
      child,
      (async () => {
        for (;;) {
          const line = await child.line();
          if (line !== 'waiting') return { child, line };
        }
      })(),
    ]),
  );
  for (let turn = 0; waiting.size > 0; turn++) {
    const { child, line } = await Promise.race(waiting.values());
    expect(line).toBe('held');
    expect(await tryLock(name)).toBeUndefined();
    waiting.delete(child);
    if (turn % 2 === 0) child.process.kill('SIGKILL');
    else child.process.stdin!.write('release\n');
    expect(await child.ended()).toBe(turn % 2 === 0 ? 'SIGKILL' : 0);
  }
});

test('one scope in one process, as short as a file name may want it', () => {
  expect(lockScope()).toBe(lockScope());
  expect(lockScope()).toMatch(/^[0-9a-f]{8}$/);
});
