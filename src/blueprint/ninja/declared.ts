// Where build logic declared something of a package: mistakes in it that only show when a manifest needs it are
// told there. Keeps a stack for each declaration, which costs microseconds, and is made text only for a mistake.
import { NinjaError } from './name.ts';

export class Declaration {
  readonly #at = new Error('declared here');

  /** Runs a later step. Its NinjaErrors are as if thrown by the line that declared. */
  run<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (error instanceof NinjaError) {
        const frames = (this.#at.stack ?? '').split('\n').slice(1);
        error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
      }
      throw error;
    }
  }
}
