// The few lines of sh that run before a command: what only a process can do to itself (umask, limits,
// joining a control group) and node cannot ask for. One exec of a small shell, about half a
// millisecond.
import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from '../base/fs.ts';

export interface Entry {
  readonly umask?: string;
  /** Arguments of the shell's ulimit, one call each; what the machine refuses stays as it was. */
  readonly ulimits?: readonly string[];
  /** `cgroup.procs` files of control groups to join; failing to is an error (exit status 125). */
  readonly cgroups?: readonly string[];
  /** File descriptors that the command must not inherit. */
  readonly close?: readonly number[];
}

/** The argument vector that does what the entry says and becomes the command. */
export function enter(entry: Entry, argv: readonly string[]): string[] {
  const close = entry.close ?? [];
  const manyDigits = close.some((fd) => fd > 9);
  const lines = [
    ...(entry.cgroups ?? []).map((path) => `echo $$ >${quote(path)} || exit 125`),
    ...(entry.umask === undefined ? [] : [`umask ${entry.umask}`]),
    ...(entry.ulimits ?? []).map((limit) => `ulimit ${limit} 2>/dev/null`),
    ...close.map((fd) => `exec ${fd}>&-`),
    // Shells export variables of their own, and what is the first process of a sandbox shows them there.
    // The larger one cannot be kept from exporting one of them.
    manyDigits
      ? 'exec env -u PWD -u OLDPWD -u SHLVL -u _ "$@"'
      : 'unset PWD OLDPWD SHLVL\nexec "$@"',
  ];
  // POSIX has no file descriptors of two digits, and small shells take them for commands.
  const shell = manyDigits ? '/bin/bash' : '/bin/sh';
  return [shell, '-c', lines.join('\n'), 'sh', ...argv];
}

/**
 * File descriptors that this process was started with, beyond the standard three, and that everything it
 * starts would inherit: a jobserver's pipe, say, or a shell's own. Node marks all of its own.
 */
export function inheritedDescriptors(): number[] {
  const found: number[] = [];
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    if (Number(fd) <= 2) continue;
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(
        readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'),
      )?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0)
        found.push(Number(fd));
    } catch (error) {
      // The listing's own descriptor is closed by now.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return found;
}

const CLOSE_ON_EXEC = 0o2000000;

/** A word for the shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
