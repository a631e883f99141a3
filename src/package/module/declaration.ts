// A package and an image as modules declare them, with the places that messages name. Knows nothing of tasks.
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { PackageValues } from './properties.ts';

/** A package as modules declare it: its properties with those of its preset and of the pipeline. */
export interface PackageDeclaration {
  readonly name: string;
  readonly variant: string | null;
  /** Of the Blueprints file, relative to the root of the tree; `.` for the root itself. */
  readonly directory: string;
  /** The preset that its values begin with. */
  readonly preset?: string | undefined;
  readonly values: PackageValues;
  /**
   * Where a property (`variables.CFLAGS`) was set; undefined for what no file of the tree says. Of a list
   * that several modules add to, where `holding` stands, if it can be found.
   */
  readonly placeOf: (property: string, holding?: string) => Span | undefined;
  /** Where the module is defined. */
  readonly at: Span;
  /** Files that patterns of the module stand for, relative to the root of the tree. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

/** Tells what is wrong with a property of a declaration. */
export type Report = (property: string, message: string, hint?: string) => void;

/** The root file system that an image is. */
export interface ImageDeclaration {
  readonly name: string;
  /** `name` or `name:variant`, each with all that it requires. */
  readonly packages: readonly string[];
  /** What is written of it: `tar.xz`, `tar.zst`, `tar.gz`, `tar`, `oci`. */
  readonly formats: readonly string[];
  readonly placeOf: (property: string) => Span | undefined;
  readonly at: Span;
  /** What is wrong with it; with an error among them it must not be made. */
  readonly diagnostics: readonly Diagnostic[];
}
