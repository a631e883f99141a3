// Events as JSON lines, for programs.
import { reasonJson } from '../../task/explain.ts';
import type { Reporter } from './reporter.ts';

export function jsonReporter(write: (text: string) => void): Reporter {
  return {
    event: (event) => {
      // Places of reasons are texts here: a span would bring the whole file with it.
      const plain =
        event.type === 'task-needed' && event.why !== undefined
          ? { ...event, why: reasonJson(event.why) }
          : event;
      write(`${JSON.stringify(plain)}\n`);
    },
    close: () => undefined,
  };
}
