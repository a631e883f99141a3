// A small shell beside this process that outlives it for a moment: when this process is gone, however
// it went, the shell kills what is on a list, and what holds one of this process's pipes. The list is a
// file without a name that the shell reads only then, so keeping it costs a few microseconds.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync, readlinkSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, temporaryBeside } from '../base/fs.ts';
import { makeDirectory } from './directory.ts';

/** Where numbers of processes mean something: the same number is another process elsewhere. */
const PID_SPACE = pidSpace();

/** In the name of every pipe that commands write to: whoever holds one belongs to this process. */
export const PIPE_MARK = `ashlar-pipes-${PID_SPACE}-${process.pid}-${randomBytes(8).toString('hex')}`;

/** The process that a directory of pipes is named after; undefined for other names, and for processes elsewhere. */
export function pipeOwner(name: string): number | undefined {
  const [, space, pid] = /(?:^|[.])ashlar-pipes-(\d+)-(\d+)-/.exec(name) ?? [];
  return pid === undefined || space !== PID_SPACE ? undefined : Number(pid);
}

/** Bytes of a line of the list: a number with its sign, blanks, and the end of the line. */
const LINE = 16;
/** The first line: says that a command is being started whose number is not known yet. */
const STARTING_LINE = 0;
const STARTING = 'starting';

// The end of standard input means that the owner is gone. Targets are as kill(1) takes them: -T is a
// process group. A process may end and leave a child while it is being looked for, so nothing counts as
// gone until three looks in a row found nothing. The owner may still be ending, which is not to be cut short: its status
// would be lost.
const SCRIPT = `
while read -r line; do :; done
while read -r target; do
  case $target in
    '') continue ;;
    ${STARTING}) ;;
    *) kill -s KILL -- "$target" ;;
  esac
  found=yes
done <&3
case $found in '') exit ;; esac
quiet=0
for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
  holders=$(ls -l /proc/[0-9]*/fd 2>/dev/null |
    sed -n "/^.proc/{s|^/proc/\\([0-9]*\\)/fd:|\\1|;h;};/ -> .*$1/{x;/^$2$/!p;x;}")
  case $holders in
    '') quiet=$((quiet + 1)) ;;
    *) quiet=0; for holder in $holders; do kill -s KILL "$holder"; done ;;
  esac
  case $quiet in 3) exit ;; esac
  sleep 0.05
done
`;

let shell: ChildProcess | undefined;
let list: number | undefined;
/** Target → line of the list. */
const lines = new Map<number, number>();
const freeLines: number[] = [];

/**
 * To be called before a process is started that is to be guarded: it may outlive this one at once.
 * Throws node's own errors.
 *
 * @param directory where the list has its name for a moment.
 */
export function expectTarget(directory: string): void {
  list ??= openList(directory);
  if (shell === undefined) start(list);
  write(STARTING_LINE, STARTING);
}

/** The end of this process is now the end of the target: a process, or a negated process group. */
export function guard(target: number): void {
  const line = freeLines.pop() ?? lines.size + 1;
  lines.set(target, line);
  write(line, String(target));
}

/** What was expected is guarded by now, or could not be started. */
export function endExpectation(): void {
  write(STARTING_LINE, '');
}

/** The target has ended: its number may be somebody else's from now on. */
export function unguard(target: number): void {
  const line = lines.get(target);
  if (line === undefined) return;
  lines.delete(target);
  freeLines.push(line);
  write(line, '');
}

function openList(directory: string): number {
  makeDirectory(directory);
  // Without the mark: the watchdog holds it, and must not find itself.
  const path = temporaryBeside(join(directory, 'watchdog'));
  const opened = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return opened;
}

/** At its place in the file, which leaves the position where the shell will begin to read. */
function write(line: number, text: string): void {
  if (list === undefined) return;
  try {
    writeSync(list, `${text.padEnd(LINE - 1)}\n`, line * LINE);
  } catch (error) {
    // A full disk. The command is still ended in every case but that of a killed owner.
    if (errnoOf(error) === undefined) throw error;
  }
}

function start(shared: number): void {
  const started = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'ashlar-watchdog', PIPE_MARK, String(process.pid)],
    {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      // A session of its own: what ends this process from a terminal must not end the watchdog as well.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', shared],
    },
  );
  const gone = (): void => {
    if (shell === started) shell = undefined;
  };
  started.once('error', gone);
  started.once('exit', gone);
  started.stdin?.on('error', gone);
  // It must not keep this process from ending.
  started.unref();
  (started.stdin as { unref?: () => void } | null)?.unref?.();
  shell = started;
}

/** The name of this process's pid namespace, which is that of the machine unless it is in a container. */
function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
