// What has to happen before anything else is loaded.
import '../base/version.ts';

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
