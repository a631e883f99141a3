// The live view of a terminal: what ended scrolls by, what runs stands below with its time, counts and
// download progress. Drawn at most ten times a second, and never wider or higher than the window.
import { formatDiagnostic, printable } from '../../base/diagnostic.ts';
import type { Outcome, TaskEvent } from '../../task/event.ts';
import { failures } from './failures.ts';
import { byteCount, duration, endLine, failureText, painter, summary } from './format.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { reasons } from './why.ts';

const DRAW_EVERY_MS = 100;
const MAX_ROWS = 12;

interface Running {
  readonly task: string;
  readonly startedMs: number;
  waiting: boolean;
  done: number;
  total: number | undefined;
}

export function fancyReporter({ write, columns, rows, color, cwd }: ReporterOptions): Reporter {
  const paint = painter(color);
  const why = reasons(cwd);
  const failed = failures();
  const running = new Map<string, Running>();
  const counts: Record<Outcome, number> = {
    ran: 0,
    restored: 0,
    current: 0,
    failed: 0,
    skipped: 0,
  };
  let needed = 0;
  let startedMs = Date.now();
  let drawn = 0;
  let above: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const draw = (): void => {
    const live = liveRows();
    // One write per frame, so that a terminal never shows half of it.
    // To the beginning of the line as well: keys that were pressed, ^C among them, are echoed.
    const erase = drawn === 0 ? '' : `\r\u001b[${drawn}A\u001b[J`;
    write(`${erase}${[...above, ...live].map((row) => `${row}\n`).join('')}`);
    above = [];
    drawn = live.length;
  };

  const liveRows = (): string[] => {
    if (running.size === 0 && needed === 0) return [];
    const width = Math.max(20, columns() - 1);
    const now = Date.now();
    // The counts, and the line that the cursor is on, need room too.
    const room = Math.max(1, Math.min(MAX_ROWS, rows() - 2));
    const shown = [...running.values()].slice(0, running.size > room ? room - 1 : room);
    const ends = shown.map(
      (entry) => `  ${duration(now - entry.startedMs).padStart(8)}${progress(entry)}`,
    );
    const longest = Math.max(...shown.map(({ task }) => task.length), 0);
    const nameWidth = Math.min(longest, width - 2 - Math.max(...ends.map(({ length }) => length)));
    const lines = shown.map(({ task }, i) =>
      `  ${fitted(task, nameWidth)}${ends[i]!}`.slice(0, width),
    );
    if (running.size > shown.length) lines.push(`  and ${running.size - shown.length} more`);
    const ended = counts.ran + counts.failed + counts.skipped;
    const parts = [
      `${ended}/${Math.max(needed, ended)} done`,
      counts.restored > 0 ? `${counts.restored} restored` : '',
      counts.failed > 0 ? `${counts.failed} failed` : '',
      duration(now - startedMs),
    ].filter((part) => part !== '');
    lines.push(paint('bold', parts.join(' · ').slice(0, width)));
    return lines;
  };

  const tick = (): void => {
    timer ??= setInterval(draw, DRAW_EVERY_MS).unref();
  };

  const event = (happened: TaskEvent): void => {
    switch (happened.type) {
      case 'build-start':
        startedMs = happened.at;
        tick();
        break;
      case 'task-needed':
        needed++;
        why.needed(happened);
        break;
      case 'task-start':
        running.set(happened.task, {
          task: happened.task,
          startedMs: happened.at,
          waiting: false,
          done: 0,
          total: undefined,
        });
        break;
      case 'task-waiting': {
        const entry = running.get(happened.task);
        if (entry !== undefined) entry.waiting = true;
        break;
      }
      case 'task-progress': {
        const entry = running.get(happened.task);
        if (entry !== undefined) {
          entry.done = happened.done;
          entry.total = happened.total;
        }
        break;
      }
      case 'task-end': {
        failed.ended(happened);
        const because = why.ended(happened);
        running.delete(happened.task);
        counts[happened.outcome]++;
        if (happened.outcome === 'current') break;
        above.push(endLine(happened, paint, because));
        if (happened.failure !== undefined)
          above.push(...failureText(happened.failure, paint).split('\n'));
        break;
      }
      case 'warning':
        above.push(...formatDiagnostic(happened.diagnostic).split('\n'));
        break;
      case 'build-end':
        running.clear();
        needed = 0;
        above.push(...failed.summary(paint), summary(happened, paint), ...why.summary(paint));
        draw();
        break;
    }
  };

  return {
    event,
    close: () => {
      clearInterval(timer);
      running.clear();
      needed = 0;
      if (drawn > 0 || above.length > 0) draw();
    },
  };
}

/** A name as wide as given; where it is longer its end says more than its beginning. */
function fitted(task: string, width: number): string {
  const name = printable(task);
  if (name.length <= width) return name.padEnd(width);
  return width < 2 ? '' : `…${name.slice(1 - width)}`;
}

function progress({ waiting, done, total }: Running): string {
  if (waiting) return '  waiting, as it is being made already';
  if (done === 0) return '';
  if (total === undefined || total === 0) return `  ${byteCount(done)}`;
  const percent = Math.min(100, Math.floor((done * 100) / total));
  return `  ${String(percent).padStart(3)} % of ${byteCount(total)}`;
}
