// Ctrl-C during work that has something to clean up: the first one asks it to stop, the second ends it.
import type { Context } from './context.ts';
import { BROKEN_PIPE_STATUS } from './start.ts';

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGPIPE: BROKEN_PIPE_STATUS } as const;

/** Runs work that heeds a signal. When it was interrupted, the exit status says by what. */
export async function interruptible(
  context: Context,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  let status: number | undefined;
  const stop = (name: keyof typeof STATUS): void => {
    if (status !== undefined) {
      // Every line that cannot be written tells of the broken pipe anew.
      if (name === 'SIGPIPE') return;
      process.exit(status);
    }
    status = STATUS[name];
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGPIPE', stop);
  try {
    await work(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGPIPE', stop);
    if (status !== undefined) context.process.exitCode = status;
  }
}
