// Runs commands of the real program in one process, one after the other, each with a fault of its own: most of what
// a run costs is its start. Reads `{fault, argv}` from standard input, one a line, and answers each with how it
// ended. Only for commands that leave nothing behind in the process; that they do not is for its users to show.
import { createInterface } from 'node:readline';
import { arm } from './fault.js';

const bundle = new URL('../../dist/main.js', import.meta.url);
const write = process.stdout.write.bind(process.stdout);
const listeners = { stdout: process.stdout, stderr: process.stderr };

for await (const line of createInterface({ input: process.stdin })) {
  const { fault, argv } = JSON.parse(line);
  const ended = { status: 0, signal: null, stdout: '', stderr: '' };
  for (const [name, stream] of Object.entries(listeners)) {
    stream.write = (text) => ((ended[name] += text), true);
    stream.removeAllListeners('error');
  }
  process.removeAllListeners('uncaughtException');
  process.exitCode = undefined;
  process.argv = [process.execPath, bundle.pathname, ...argv];
  arm(fault);
  // Another address is another module: the entry runs once more, and all that it loads is there already.
  await import(`${bundle}?${fault}`);
  ended.status = process.exitCode ?? 0;
  process.exitCode = undefined;
  // The answer itself is no call of the command.
  arm('none');
  write(`${JSON.stringify(ended)}\n`);
}
