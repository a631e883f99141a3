// A program that runs one command in a sandbox, for tests that need another process: one to kill, or
// one of another user. Arguments: backend, state directory, script. MARKER is passed on.
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
  onOutput: (chunk) => void process.stdout.write(chunk),
});
if (exit.kind === 'broken') process.stdout.write(formatDiagnostic(exit.diagnostic));
process.exitCode = exit.kind === 'exited' ? exit.status : 99;
