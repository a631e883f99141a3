// Recorded trees in a git repository: what is read back, and in which order.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { list, record, type Recording } from '../../src/task/repository.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ashlar-history-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const DAY = Date.UTC(2026, 10, 28);

function recording(digit: string, atMs: number): Recording {
  return {
    label: 'build',
    task: 'p:build',
    key: digit.repeat(64),
    parents: [],
    atMs,
    why: `because of ${digit}`,
    entries: [{ path: 'out/text', mode: '100644', content: () => Buffer.from(digit) }],
  };
}

test('the newest first, also of those within a second', async () => {
  const repository = join(directory, 'p.git');
  const signal = new AbortController().signal;
  const recordings = [
    recording('b', DAY + 101),
    recording('d', DAY + 102),
    recording('a', DAY + 999),
    recording('c', DAY + 3),
    recording('e', DAY - 1),
  ];
  for (const one of recordings)
    expect(await record(repository, [one], signal)).toEqual({ ok: true, value: undefined });
  const found = await list(repository);
  expect(found.ok && found.value.map(({ key, atMs, why }) => [key[0], atMs - DAY, why])).toEqual([
    ['a', 999, 'because of a'],
    ['d', 102, 'because of d'],
    ['b', 101, 'because of b'],
    ['c', 3, 'because of c'],
    ['e', -1, 'because of e'],
  ]);
});
