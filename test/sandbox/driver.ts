// A program that runs one command in a sandbox, for tests that need another process: one to kill, or
// one of another user. Arguments: backend, state directory, script. MARKER is passed on. With LINGER it ends with that
// status while the command runs, a moment after it has let go of the watchdog.
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { hostRoot } from '../../src/sandbox/image.ts';
import { selectSandbox } from '../../src/sandbox/select.ts';

const [, , backend, directory, script] = process.argv;
const sandbox = await selectSandbox(backend!, { directory: directory! });
if (!sandbox.ok) throw new Error(formatDiagnostic(sandbox.diagnostics[0]!));
const exit = await sandbox.value.run({
  argv: ['/bin/bash', '-c', script!],
  env: {
    PATH: '/usr/bin:/bin',
    HOME: '/homeless',
    LC_ALL: 'C',
    TZ: 'UTC',
    MARKER: process.env['MARKER'] ?? '',
  },
  workdir: '/tmp',
  mounts: [],
  image: { name: 'host', identity: 'test', impure: true, ...hostRoot('/') },
  network: false,
  limits: {},
  onOutput: (chunk) => {
    process.stdout.write(chunk);
    if (process.env['LINGER'] !== undefined) linger(Number(process.env['LINGER']));
  },
});
if (exit.kind === 'broken') process.stdout.write(formatDiagnostic(exit.diagnostic));
process.exitCode = exit.kind === 'exited' ? exit.status : 99;

/** As a process does that is torn down slowly. */
function linger(status: number): never {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    try {
      if (fd > 2 && readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:')) closeSync(fd);
    } catch {
      // The directory itself was open while it was read.
    }
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  return (process as unknown as { reallyExit: (status: number) => never }).reallyExit(status);
}
