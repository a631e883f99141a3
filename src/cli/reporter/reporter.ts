// What a reporter is: a reader of the event stream and nothing else; a build is the same whoever watches.
import type { Sink } from '../../base/event.ts';
import type { TaskEvent } from '../../task/event.ts';

export interface Reporter {
  readonly event: Sink<TaskEvent>;
  /** Leaves the terminal as it was found. */
  readonly close: () => void;
}

export interface ReporterOptions {
  readonly style: 'fancy' | 'plain' | 'json';
  /** Takes text for standard output (json) or standard error (the others). */
  readonly write: (text: string) => void;
  /** The size of the window, in characters. */
  readonly columns: () => number;
  readonly rows: () => number;
  readonly color: boolean;
  /** Where the user stands: places are shown from there. */
  readonly cwd: string;
}
