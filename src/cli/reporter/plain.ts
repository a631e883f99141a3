// One line for each thing that ends: for logs of continuous integration and for pipes.
import { formatDiagnostic } from '../../base/diagnostic.ts';
import { failures } from './failures.ts';
import { endLine, failureText, painter, summary } from './format.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { reasons } from './why.ts';

export function plainReporter({ write, color, cwd }: ReporterOptions): Reporter {
  const paint = painter(color);
  const why = reasons(cwd);
  const failed = failures();
  return {
    event: (event) => {
      switch (event.type) {
        case 'task-needed':
          why.needed(event);
          break;
        case 'task-end': {
          failed.ended(event);
          const because = why.ended(event);
          if (event.outcome === 'current') break;
          write(`${endLine(event, paint, because)}\n`);
          if (event.failure !== undefined) write(`${failureText(event.failure, paint)}\n`);
          break;
        }
        case 'task-waiting':
          write(`waiting  ${event.task}: it is being made already\n`);
          break;
        case 'warning':
          write(`${formatDiagnostic(event.diagnostic)}\n`);
          break;
        case 'build-end':
          write(
            `${[...failed.summary(paint), summary(event, paint), ...why.summary(paint)].join('\n')}\n`,
          );
          break;
        case 'build-start':
        case 'task-start':
        case 'task-progress':
          break;
      }
    },
    close: () => undefined,
  };
}
