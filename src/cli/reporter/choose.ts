// Loads the reporter that was asked for, and only that one.
import type { Reporter, ReporterOptions } from './reporter.ts';

export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  switch (options.style) {
    case 'json':
      return (await import('./json.ts')).jsonReporter(options.write);
    case 'plain':
      return (await import('./plain.ts')).plainReporter(options);
    case 'fancy':
      return (await import('./fancy.ts')).fancyReporter(options);
  }
}
