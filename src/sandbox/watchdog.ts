// A small shell beside this process that outlives it for a moment: when this process is gone, however
// it went, the shell kills what is still on its list. Costs one process, started at the first use, and
// a line on a pipe per command.
import { spawn, type ChildProcess } from 'node:child_process';

/** Targets as kill(1) takes them: a process, or a negative number for a process group. */
const guarded = new Set<number>();
let shell: ChildProcess | undefined;

// Reads "+ TARGET" and "- TARGET"; the end of its input means that its owner is gone.
const SCRIPT = `
targets=' '
while read -r change target; do
  case $change in
    +) targets="$targets$target " ;;
    -) case $targets in
         *" $target "*) targets="\${targets%%" $target "*} \${targets#*" $target "}" ;;
       esac ;;
  esac
done
for target in $targets; do kill -s KILL -- "$target"; done
`;

/** From now on, the end of this process is the end of the target. */
export function guard(target: number): void {
  guarded.add(target);
  if (shell === undefined) start();
  else tell(`+ ${target}\n`);
}

/** The target has ended: its number may be somebody else's from now on. */
export function unguard(target: number): void {
  if (guarded.delete(target)) tell(`- ${target}\n`);
}

function start(): void {
  const started = spawn('/bin/sh', ['-c', SCRIPT, 'ashlar-watchdog'], {
    cwd: '/',
    env: {},
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
  tell([...guarded].map((target) => `+ ${target}\n`).join(''));
}

function tell(lines: string): void {
  shell?.stdin?.write(lines);
}
