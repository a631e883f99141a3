// Runs a module's tests, bundled to one file, with Node's own runner. Prints what they said only if they failed.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildError, type Diagnostic } from '../../../base/diagnostic.ts';
import { writeAtomic } from '../../../base/fs.ts';

/** Code `ts/test`. */
export function test(argv: readonly string[]): Promise<readonly Diagnostic[]> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { output: { type: 'string', short: 'o' } },
    allowPositionals: true,
  });
  // Node refuses modules whose path holds a backslash; the working directory has another name too.
  const strange = process.cwd().includes('\\');
  const files = strange ? positionals.map((file) => `/proc/self/cwd/${file}`) : positionals;
  const links = strange ? ['--preserve-symlinks', '--preserve-symlinks-main'] : [];
  const words = ['--enable-source-maps', '--test-reporter=spec', ...links, ...files];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // A runner that finds itself started by another one reports to that one, in its own format.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  if (status === 0) {
    writeAtomic(values.output!, '');
    return Promise.resolve([]);
  }
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  const how = signal === null ? `status ${status}` : `signal ${signal}`;
  return Promise.resolve([buildError({ code: 'ts/test', message: `tests failed (${how})` })]);
}
