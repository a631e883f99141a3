// What modules say of packages and images, as plain data: the engine keeps it between runs, and a tree's own
// builder hands it to the program that builds. Any module type may set it.
import { provider } from '../../blueprint/api.ts';
import type { Span } from '../../base/span.ts';
import type { PackageValues } from './properties.ts';

/** Offsets in a file, which is relative to the root of the tree. */
export interface DeclaredPlace {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface DeclaredPackage {
  readonly name: string;
  readonly variant: string | null;
  readonly directory: string;
  readonly preset?: string | undefined;
  readonly values: PackageValues;
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** The module, then those that it took properties from, nearest first. */
  readonly modules: readonly DeclaredPlace[];
}

export interface DeclaredImage {
  readonly name: string;
  readonly packages: readonly string[];
  readonly formats: readonly string[];
  readonly modules: readonly DeclaredPlace[];
}

/** Everything that the modules of a tree declare, in the order of their names. */
export interface Declared {
  readonly packages: readonly DeclaredPackage[];
  readonly images: readonly DeclaredImage[];
}

/** The place of a module, as it is declared. */
export function declaredPlace({ source, start, end }: Span): DeclaredPlace {
  return { file: source.file, start, end };
}

/** All variants of a package. Set by a module type while it generates. */
export const packageProvider = provider<readonly DeclaredPackage[]>('packages', {
  persistent: true,
});

export const imageProvider = provider<DeclaredImage>('image', { persistent: true });
