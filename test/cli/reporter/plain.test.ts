// What is printed line by line, and what is said again at the end.
import { expect, test } from 'vitest';
import { buildError } from '../../../src/base/diagnostic.ts';
import { fancyReporter } from '../../../src/cli/reporter/fancy.ts';
import { plainReporter } from '../../../src/cli/reporter/plain.ts';
import type { ReporterOptions } from '../../../src/cli/reporter/reporter.ts';
import type { Outcome, TaskEvent } from '../../../src/task/event.ts';

const NONE: Record<Outcome, number> = { ran: 0, restored: 0, current: 0, failed: 0, skipped: 0 };

/** What a reporter says at the end of a build, from the line before the counts on. */
function ending(
  events: readonly TaskEvent[],
  make: (options: ReporterOptions) => { event: (event: TaskEvent) => void; close: () => void },
): string {
  let text = '';
  const reporter = make({
    style: 'plain',
    write: (more) => void (text += more),
    columns: () => 80,
    rows: () => 24,
    color: false,
    cwd: '/',
  });
  for (const event of events) reporter.event(event);
  text = '';
  reporter.event({ type: 'build-end', at: 1, ms: 2000, counts: NONE, interrupted: false });
  reporter.close();
  return text;
}

function end(task: string, outcome: Outcome, log?: string, code = 'task/failed'): TaskEvent {
  const diagnostics = [buildError({ code, message: 'no' })];
  return {
    type: 'task-end',
    at: 1,
    task,
    outcome,
    ms: 1,
    key: 'k',
    ...(outcome === 'failed' ? { failure: { diagnostics, tail: log ? ['x'] : [], log } } : {}),
  };
}

const SUMMARY = 'nothing to do in 2.0 s\n';

test('failures are named again at the end, with their logs', () => {
  const events = [
    end('a:build', 'failed', '/log/a'),
    end('b:fetch', 'failed'),
    end('c:build', 'ran'),
    end('d:build', 'current'),
  ];
  const again = `these 2 failed:\n  a:build  log: /log/a\n  b:fetch\n${SUMMARY}`;
  expect(ending(events, plainReporter)).toBe(again);
  expect(ending(events, fancyReporter)).toContain(again);
});

test('one that still stands right above is not, one that others followed is', () => {
  const near = [end('a:build', 'failed', '/log/a'), end('a:write_tar', 'skipped')];
  expect(ending(near, plainReporter)).toBe(SUMMARY);
  const far = [...near, end('b', 'ran'), end('c', 'ran'), end('d', 'restored')];
  expect(ending(far, plainReporter)).toBe(`this failed:\n  a:build  log: /log/a\n${SUMMARY}`);
});

test('what may not run is a list already', () => {
  const events = ['a', 'b'].map((task) => end(task, 'failed', undefined, 'task/not-cached'));
  expect(ending(events, plainReporter)).toBe(SUMMARY);
});

test('a build that was interrupted before it did anything has not found that there is nothing to do', () => {
  let text = '';
  const write = (more: string): void => void (text += more);
  const size = { columns: () => 80, rows: () => 24 };
  const reporter = plainReporter({ style: 'plain', write, ...size, color: false, cwd: '/' });
  reporter.event({ type: 'build-end', at: 1, ms: 2000, counts: NONE, interrupted: true });
  expect(text).toBe('interrupted: nothing was done in 2.0 s\n');
});
