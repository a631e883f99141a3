// Runs commands of the real program in one process, one after the other: most of what a run costs is its start.
// Reads `{argv, cwd, env, fault}` from standard input, one a line, and answers each with how it ended. Signals, the
// launcher and closed streams need a process of their own.
import { createInterface } from 'node:readline';

const bundle = new URL('../../dist/main.js', import.meta.url);
const write = process.stdout.write.bind(process.stdout);
const faults = process.env.ASHLAR_FAULT !== undefined;
const { arm } = faults ? await import('../install/fault.js') : { arm: () => undefined };
let runs = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const { argv, cwd, env, fault } = JSON.parse(line);
  const ended = { status: 0, signal: null, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text, ...rest) => {
      ended[name] += text;
      rest.at(-1)?.call?.(undefined);
      return true;
    };
    process[name].removeAllListeners('error');
  }
  process.removeAllListeners('uncaughtException');
  process.exitCode = undefined;
  process.argv = [process.execPath, bundle.pathname, ...argv];
  process.env = env;
  process.chdir(cwd);
  arm(fault ?? 'none');
  // Another address is another module: the entry runs once more, and all that it loads is there already.
  runs += 1;
  await import(`${bundle}?${runs}`);
  // The answer itself is no call of the command.
  arm('none');
  ended.status = process.exitCode ?? 0;
  process.exitCode = undefined;
  process.chdir('/');
  write(`${JSON.stringify(ended)}\n`);
}
