// What a module hands on to be built as a package or an image: the providers between the module engine and
// everything that knows of tasks. Any module type may set them. Plain data, which also goes from a primary
// builder to the program that runs tasks.
import { provider } from '../../blueprint/api.ts';
import type { PackageValues } from './properties.ts';

/** A file, relative to the root of the tree, and a range of offsets in its text. */
export type DeclaredPlace = readonly [file: string, start: number, end: number];

interface Declared {
  readonly name: string;
  /** Where the module is defined. */
  readonly place: DeclaredPlace;
  /** Where properties were set, by path (`variables.CFLAGS`); without those that no file of the tree says. */
  readonly places: Readonly<Record<string, DeclaredPlace>>;
}

/** A package as modules declare it: its properties with those of its preset and of the pipeline. */
export interface DeclaredPackage extends Declared {
  readonly variant: string | null;
  /** Of the Blueprints file, relative to the root of the tree; `.` for the root itself. */
  readonly directory: string;
  readonly values: PackageValues;
  /** Source → the files of the tree that its patterns stand for, relative to the root of the tree. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** The root file system that an image is. */
export interface DeclaredImage extends Declared {
  /** `name` or `name:variant`, each with all that it requires. */
  readonly packages: readonly string[];
  /** What is written of it: `tar.xz`, `tar.zst`, `tar.gz`, `tar`. */
  readonly formats: readonly string[];
}

/** All variants of a package. Set by a module type while it generates. */
export const packageProvider = provider<readonly DeclaredPackage[]>('packages', {
  persistent: true,
});

export const imageProvider = provider<DeclaredImage>('image', { persistent: true });
