// Everything that happens in a build, as data. The terminal, the JSON-lines log and later the reports are
// readers of this one stream.
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Reason } from './reason.ts';

/**
 * How a task came to its result: `ran`; `restored`: the store or a mirror had it and it was put in place;
 * `current`: it was in place already; `failed`; `skipped`: something it needs failed.
 */
export type Outcome = 'ran' | 'restored' | 'current' | 'failed' | 'skipped';

export type TaskEvent =
  | { readonly type: 'build-start'; readonly at: number; readonly tasks: number }
  /** A task that has to run was found: the number that a progress display counts towards. */
  | { readonly type: 'task-needed'; readonly task: string; readonly why?: Reason | undefined }
  | {
      readonly type: 'task-start';
      readonly at: number;
      readonly task: string;
      readonly pool: string;
    }
  /** Another process is at it; this one waits for its result. */
  | { readonly type: 'task-waiting'; readonly at: number; readonly task: string }
  | {
      readonly type: 'task-progress';
      readonly task: string;
      /** Bytes. */
      readonly done: number;
      readonly total?: number | undefined;
    }
  | {
      readonly type: 'task-end';
      readonly at: number;
      readonly task: string;
      readonly outcome: Outcome;
      readonly ms: number;
      readonly key: string;
      readonly failure?: TaskFailure | undefined;
    }
  | { readonly type: 'warning'; readonly diagnostic: Diagnostic }
  | {
      readonly type: 'build-end';
      readonly at: number;
      readonly ms: number;
      readonly counts: Readonly<Record<Outcome, number>>;
      readonly interrupted: boolean;
    };

export interface TaskFailure {
  readonly diagnostics: readonly Diagnostic[];
  /** The last lines that the task printed. */
  readonly tail: readonly string[];
  /** Path of the whole log, when there is one. */
  readonly log?: string | undefined;
  /** The command that runs the task again. */
  readonly reproduce?: string | undefined;
}
