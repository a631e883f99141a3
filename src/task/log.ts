// A task's log: written to a file as it comes, up to a limit, with its last lines kept at hand. What a
// build prints is untrusted bytes; nothing here interprets them.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { printable } from '../base/diagnostic.ts';

/** A build that prints more is looping; its log is cut, its verdict is not. */
const MAX_LOG_BYTES = 64 << 20;
const TAIL_BYTES = 16 << 10;
const TAIL_LINE = 400;

export interface TaskLog extends Disposable {
  readonly path: string;
  write(chunk: Uint8Array | string): void;
  /** The last lines, made printable. */
  tail(lines: number): string[];
}

/** Opens (and empties) a log file, making its directory. Throws node's own errors. */
export function openLog(path: string): TaskLog {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w', 0o644);
  let room = MAX_LOG_BYTES;
  let last = Buffer.alloc(0);
  return {
    path,
    write: (chunk) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : Buffer.from(chunk);
      last = Buffer.concat([last, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
      if (room <= 0) return;
      writeSync(fd, bytes.subarray(0, room));
      room -= bytes.length;
      if (room <= 0) writeSync(fd, `\n[the log is cut here, at ${MAX_LOG_BYTES >> 20} MiB]\n`);
    },
    tail: (lines) => {
      const text = last.toString('utf8').replace(/\r?\n$/, '');
      if (text === '') return [];
      return text
        .split('\n')
        .slice(-lines)
        .map((line) => readable(line));
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** One line without colours and cursor movements, cut where it is too long to read. */
function readable(line: string): string {
  const plain = line
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/\r$/, '')
    .replace(/^.*\r/, '')
    .replaceAll('\t', '    ');
  const shown = printable(plain);
  return shown.length > TAIL_LINE ? `${shown.slice(0, TAIL_LINE)}…` : shown;
}
