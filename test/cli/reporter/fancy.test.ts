// The live view: what stands in it, and that it never outgrows the window.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fancyReporter } from '../../../src/cli/reporter/fancy.ts';
import type { TaskEvent } from '../../../src/task/event.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** What was written, frame by frame, for a window of this size. */
function watch(columns: number, rows: number) {
  const frames: string[] = [];
  const reporter = fancyReporter({
    style: 'fancy',
    write: (text) => void frames.push(text),
    columns: () => columns,
    rows: () => rows,
    color: false,
    cwd: '/',
  });
  return { frames, reporter };
}

const start = (task: string): TaskEvent => ({
  type: 'task-start',
  at: Date.now(),
  task,
  pool: 'cpu',
});
const needed = (task: string): TaskEvent => ({ type: 'task-needed', task });
const begin = (): TaskEvent => ({ type: 'build-start', at: Date.now(), tasks: 9 });

/** The lines of a frame without what erases the one before. */
function lines(frame: string): string[] {
  return frame
    .replace(/^\r\u001b\[\d+A\u001b\[J/, '')
    .split('\n')
    .slice(0, -1);
}

test('what runs stands with its time, its progress and the counts', () => {
  const { frames, reporter } = watch(80, 24);
  reporter.event(begin());
  for (const task of ['zlib:fetch', 'lua:build']) {
    reporter.event(needed(task));
    reporter.event(start(task));
  }
  reporter.event({ type: 'task-progress', task: 'zlib:fetch', done: 500_000, total: 2_000_000 });
  vi.advanceTimersByTime(1_500);
  expect(lines(frames.at(-1)!)).toEqual([
    '  zlib:fetch     1.5 s   25 % of 2.0 MB',
    '  lua:build      1.5 s',
    '0/2 done · 1.5 s',
  ]);
  reporter.event({
    type: 'task-end',
    at: Date.now(),
    task: 'lua:build',
    outcome: 'ran',
    ms: 1_500,
    key: '',
  });
  vi.advanceTimersByTime(100);
  expect(frames.at(-1)).toBe(
    '\r\u001b[3A\u001b[Jran      lua:build  1.5 s\n' +
      '  zlib:fetch     1.6 s   25 % of 2.0 MB\n1/2 done · 1.6 s\n',
  );
});

test('in a narrow window names give way, not times', () => {
  const { frames, reporter } = watch(30, 24);
  reporter.event(begin());
  reporter.event(start('a-package-with-a-long-name:build'));
  vi.advanceTimersByTime(100);
  expect(lines(frames.at(-1)!)).toEqual(['  …-long-name:build     0.1 s', '0/0 done · 0.1 s']);
});

test('it is never wider or higher than the window', () => {
  const tasks = fc.uniqueArray(fc.stringMatching(/^[a-z-]{1,40}:build$/), { maxLength: 30 });
  const size = fc.record({
    columns: fc.integer({ min: 21, max: 90 }),
    rows: fc.integer({ min: 3, max: 30 }),
  });
  fc.assert(
    fc.property(tasks, size, (names, { columns, rows }) => {
      const { frames, reporter } = watch(columns, rows);
      reporter.event(begin());
      for (const task of names) {
        reporter.event(needed(task));
        reporter.event(start(task));
      }
      vi.advanceTimersByTime(300);
      for (const frame of frames) {
        expect(lines(frame).length).toBeLessThan(rows);
        for (const line of lines(frame)) expect(line.length).toBeLessThan(columns);
      }
      reporter.close();
    }),
    { numRuns: 200 },
  );
});
