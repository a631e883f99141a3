// Events as JSON lines, for programs.
import type { Reporter } from './reporter.ts';

export function jsonReporter(write: (text: string) => void): Reporter {
  return {
    event: (event) => write(`${JSON.stringify(event)}\n`),
    close: () => undefined,
  };
}
