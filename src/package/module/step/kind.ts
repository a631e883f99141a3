// What a step is to a pipeline: parameters that enter the key, and work on inputs and outputs that are
// directories. Knows nothing of keys, stores and sandboxes.
import type { WrittenCodec } from '../../../base/codec/compress.ts';
import type { Result } from '../../../base/diagnostic.ts';
import type { Canonical } from '../../../base/digest.ts';
import type { Output, StepContext } from '../../../task/task.ts';
import type { OwnerValues } from '../properties.ts';
import type { Subpackage } from '../subpackage.ts';

/** What steps may know of a package. */
export interface StepPackage {
  readonly name: string;
  readonly variant: string | null;
  readonly version: string;
  /** Where it is installed, without a slash at the end: empty for `/`. */
  readonly prefix: string;
  readonly root: string;
  readonly description: string | undefined;
  readonly homepage: string | undefined;
  readonly license: string | undefined;
  readonly maintainer: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Patterns of paths below the prefix: files that their owners change. */
  readonly conffiles: readonly string[];
  /** Of files that are not owned by root. What is said last of a file counts. */
  readonly owners: readonly OwnerValues[];
  /** The package itself last. */
  readonly subpackages: readonly Subpackage[];
}

export interface StepSetup {
  readonly package: StepPackage;
  /** The name of the package that `each` made the task for. */
  readonly element: string | undefined;
  /** Where the outputs are that it uses, by their names. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: Readonly<Record<string, Output>>;
  /** Checks to leave out. */
  readonly skip: readonly string[];
  /** How to compress what it writes, where the task says so: one of `codecs`. */
  readonly codec?: WrittenCodec | undefined;
}

/** What a step cannot do without. */
export interface StepNeeds {
  /** It is made for each of these. */
  readonly each?: 'package' | 'source';
  /** It works on the first output that it uses, a directory. */
  readonly input?: boolean;
  /** What the one output is that it makes. */
  readonly output?: Output['kind'];
}

export interface StepKind {
  /** Goes up whenever the same setup and inputs would give another output. */
  readonly version: number;
  /** Checked before anything runs. */
  readonly needs: StepNeeds;
  /** What it can compress with, where it compresses; the first unless a task asks for another. */
  readonly codecs?: readonly WrittenCodec[];
  /** What `*` stands for in an output of one package; the package's name unless given. */
  readonly fileName?: (one: { readonly name: string; readonly version: string }) => string;
  /** What it uses comes to lie side by side, files by their own names. */
  readonly sideBySide?: boolean;
  /** Why it cannot write a package of a version. */
  readonly unable?: (
    version: string,
  ) => { readonly message: string; readonly hint: string } | undefined;
  prepare(setup: StepSetup): PreparedStep;
}

export interface PreparedStep {
  /** All that decides the output beside the inputs. */
  readonly parameters: Canonical;
  readonly run: (context: StepContext) => Promise<Result<void>>;
}

/** Where the one output is that a step makes. */
export function onlyOutput({ outputs }: StepSetup): Output {
  const [output, second] = Object.values(outputs);
  if (output === undefined || second !== undefined) {
    throw new Error('this step makes one output');
  }
  return output;
}
