// When Ashlar itself is killed, so is what it runs.
import { spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { alive, bundleDriver, isRoot, marker, outputOf, scratch } from './rig.ts';

const place = scratch();
afterAll(() => place[Symbol.dispose]());
const driver = bundleDriver(place.path);

/**
 * The watchdog is another process, and needs a moment. Looks twice: a new process may get a number that
 * the first look has passed already.
 */
async function gone(word: string): Promise<void> {
  const none = (): boolean => alive(word).length + alive(word).length === 0;
  await vi.waitUntil(none, { timeout: 20_000, interval: 10 });
}

const SCRIPTS = [
  'echo ready; sleep 1000',
  'trap "" TERM HUP INT; echo ready; while :; do sleep 1000; done',
  '(sleep 1000) & echo ready; wait',
];

test.each([
  ['bubblewrap', 'SIGKILL'],
  ['bubblewrap', 'SIGTERM'],
  ['host', 'SIGKILL'],
  ['host', 'SIGHUP'],
] as const)('%s: the command ends with its owner (%s)', async (backend, signal) => {
  for (const script of SCRIPTS) {
    using state = scratch();
    const word = marker();
    const argv = [driver, backend, join(state.path, 'state'), `: ${word}\n${script}`];
    const child = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MARKER: word },
    });
    expect(await outputOf(child, (text) => text.includes('ready'))).toContain('ready');
    expect(alive(word).length).toBeGreaterThan(1);
    child.kill(signal);
    await gone(word);
    expect(alive(word)).toEqual([]);
  }
});

test.each(['bubblewrap', 'host'])('%s: so it does at any moment of the start', async (backend) => {
  using state = scratch();
  for (let round = 0; round < 10; round++) {
    const word = marker();
    const argv = [driver, backend, join(state.path, 'state'), `: ${word}\nexec sleep 1000`];
    const child = spawn(process.execPath, argv, {
      stdio: 'ignore',
      env: { ...process.env, MARKER: word },
    });
    const ended = new Promise((resolve) => void child.once('exit', resolve));
    // Kills at the first sight of something it started, and a little later each time.
    await vi.waitUntil(() => alive(word).length > 1, { timeout: 20_000, interval: 1 });
    for (let until = performance.now() + round; performance.now() < until;);
    child.kill('SIGKILL');
    await ended;
    await gone(word);
    expect(alive(word)).toEqual([]);
  }
});

test('the owner itself may still be ending, and ends with the status that it chose', async () => {
  using state = scratch();
  const word = marker();
  const argv = [driver, 'host', join(state.path, 'state'), `: ${word}\necho ready; sleep 1000`];
  const child = spawn(process.execPath, argv, {
    stdio: 'ignore',
    env: { ...process.env, MARKER: word, LINGER: '7' },
  });
  const ended = await new Promise((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
  });
  expect(ended).toEqual({ status: 7, signal: null });
  await gone(word);
});

test.runIf(isRoot)('the same holds for an ordinary user', async () => {
  using state = scratch();
  const word = marker();
  const node = [process.execPath, driver, 'bubblewrap', join(state.path, 'state')];
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  chownSync(state.path, 65534, 65534);
  const child = spawn('setpriv', [...user, ...node, `: ${word}\necho ready; exec sleep 1000`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MARKER: word },
  });
  expect(await outputOf(child, (text) => text.includes('ready'))).toContain('ready');
  child.kill('SIGKILL');
  await gone(word);
  expect(alive(word)).toEqual([]);
});
