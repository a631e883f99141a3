// A small shell beside this process that outlives it for a moment: when this process is gone, however
// it went, the shell kills what is still on its list, and what holds one of this process's pipes. Costs
// one process, started before the first command, and three lines on a pipe per command.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** In the name of every pipe that commands write to: whoever holds one belongs to this process. */
export const PIPE_MARK = `ashlar-pipes-${process.pid}-${randomBytes(8).toString('hex')}`;

// "s": a command is about to be started, and its number is not known yet; "f": it could not be. "+ T"
// and "- T": T is to be killed, or no longer; as kill(1) takes it, so -T is a process group. The end of
// the input means that its owner is gone. A process may end and leave a child while it is being looked
// for, so nothing counts as gone until three looks in a row found nothing.
const SCRIPT = `
targets=' ' starting=
while read -r change target; do
  case $change in
    s) starting=yes ;;
    f) starting= ;;
    +) targets="$targets$target " starting= ;;
    -) case $targets in
         *" $target "*) targets="\${targets%%" $target "*} \${targets#*" $target "}" ;;
       esac ;;
  esac
done
for target in $targets; do kill -s KILL -- "$target"; found=yes; done
case $found$starting in '') exit ;; esac
quiet=0
for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
  holders=$(ls -l /proc/[0-9]*/fd 2>/dev/null |
    sed -n "/^.proc/{s|^/proc/\\([0-9]*\\)/fd:|\\1|;h;};/ -> .*$1/{x;p;x;}")
  case $holders in
    '') quiet=$((quiet + 1)) ;;
    *) quiet=0; for holder in $holders; do kill -s KILL "$holder"; done ;;
  esac
  case $quiet in 3) exit ;; esac
  sleep 0.05
done
`;

let shell: ChildProcess | undefined;
const guarded = new Set<number>();

/** To be called before a process is started that is to be guarded: it may outlive this one at once. */
export function expectTarget(): void {
  if (shell === undefined) start();
  tell('s\n');
}

/** The end of this process is now the end of the target: a process, or a negated process group. */
export function guard(target: number): void {
  guarded.add(target);
  tell(`+ ${target}\n`);
}

/** The process that was announced could not be started. */
export function unexpectTarget(): void {
  tell('f\n');
}

/** The target has ended: its number may be somebody else's from now on. */
export function unguard(target: number): void {
  if (guarded.delete(target)) tell(`- ${target}\n`);
}

function start(): void {
  const started = spawn('/bin/sh', ['-c', SCRIPT, 'ashlar-watchdog', PIPE_MARK], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    // A session of its own: what ends this process from a terminal must not end the watchdog as well.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
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
  // Those of a watchdog that was killed.
  tell([...guarded].map((target) => `+ ${target}\n`).join(''));
}

function tell(lines: string): void {
  if (lines !== '') shell?.stdin?.write(lines);
}
