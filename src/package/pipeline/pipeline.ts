// The tasks of one package, and what of them others ask for. Knows nothing of how they are made or run.
import type { PackageId } from '../../install/id.ts';
import type { Task } from '../../task/task.ts';
import type { Identity } from '../ids.ts';

/** An archive that repositories hand out. */
export interface Archive {
  readonly id: PackageId;
  /** The name in the id: that of the package, or of one that it is split into. */
  readonly name: string;
  readonly task: Task;
  readonly output: string;
}

/** The tasks of one package. */
export interface Pipeline {
  readonly identity: Identity;
  /** Its files, for packages that require it; undefined for a package that installs none. */
  readonly files: { readonly task: Task; readonly output: string } | undefined;
  readonly archives: readonly Archive[];
  /** All tasks that are its own, in an order in which they can run. */
  readonly tasks: readonly Task[];
  /** What a build asks for beside the archives. */
  readonly deployed: readonly Task[];
}
