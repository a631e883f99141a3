// What a package that a module declares has beside what every package has. Plain data.
import type { Require } from '../requires.ts';
import type { Source } from '../source.ts';
import type { PackageDeclaration } from './declaration.ts';
import type { OrderedTask } from './order.ts';
import type { Subpackage } from './subpackage.ts';

/** What a definition has when it is a module. */
export interface ModuleDefinition {
  readonly declaration: PackageDeclaration;
  readonly requires: readonly Require[];
  /** What only its build needs. */
  readonly buildRequires: readonly Require[];
  /** Sources that are fetched, by name. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly tasks: readonly OrderedTask[];
  /** What `split` makes, the package itself last. */
  readonly subpackages: readonly Subpackage[];
  /** The name of the image that it is built in. */
  readonly image: string;
}
