// What has to happen before anything else is loaded.
import * as nodeModule from 'node:module';
import { setFlagsFromString } from 'node:v8';
import '../base/version.ts';

/** Keeps compiled code between runs where node can (22.8 or later): it halves the start of a command. */
export function enableCompileCache(): void {
  const enable = (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache;
  try {
    enable?.();
  } catch {
    // A cache directory that cannot be written only costs time.
  }
}

/** Bytes of bytecode that a function runs before it is looked at; V8's own are 66 to 132 KiB. */
const INTERRUPT_BUDGET = 1_000_000;
/** V8 complains on standard error about flags that it does not know; these know it. */
const LAST_NODE_KNOWN = 24;

/**
 * Has code optimized later than V8 would. Most runs end within a second or two, before optimized code has paid
 * for its making: of `ids` for 1000 packages that was a fifth of all CPU, of a build of them with all in place
 * two fifths. What runs for longer is optimized all the same.
 */
export function optimizeLate(): void {
  if (Number(process.versions.node.split('.')[0]) > LAST_NODE_KNOWN) return;
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}

/** As a shell tells of a program that SIGPIPE ended: 128 and the signal's number. */
export const BROKEN_PIPE_STATUS = 141;

/**
 * Ends quietly when whoever reads the output is gone, as `| head` is, and with a message when it cannot be
 * written. Work that has something to clean up hears of the first as of a signal.
 */
export function guardOutput(): void {
  let told = false;
  const failed = (stream: string, error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') {
      if (!process.emit('SIGPIPE', 'SIGPIPE')) process.exit(BROKEN_PIPE_STATUS);
    } else {
      // The command goes on, and sets a status of its own in the end.
      process.once('exit', () => {
        process.exitCode = 3;
      });
      // That standard error cannot be written is for the status alone to say.
      if (told || stream === 'error') return;
      told = true;
      process.stderr.write(`error: cannot write standard ${stream}: ${error.message}\n`);
    }
  };
  process.stdout.on('error', (error) => failed('output', error));
  process.stderr.on('error', (error) => failed('error', error));
}
