// What modules declare, with places that messages can show: the texts of files are read when one is asked
// for. Loads nothing of the module engine.
import { join } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { readIfExists } from '../../base/fs.ts';
import type { Source, Span } from '../../base/span.ts';
import { namePath } from '../file.ts';
import type { DeclaredImage, DeclaredPackage, DeclaredPlace } from './declaration.ts';

interface Located {
  /** Where a property (`variables.CFLAGS`) was set; undefined for what no file of the tree says. */
  readonly placeOf: (property: string) => Span | undefined;
  /** Where the module is defined. */
  readonly at: Span;
}

export type PackageDeclaration = DeclaredPackage & Located;

export type ImageDeclaration = DeclaredImage &
  Located & {
    /** What is wrong with it; with an error among them it must not be made. */
    readonly diagnostics: readonly Diagnostic[];
  };

/** Makes spans of the places of a tree. Messages name files from `cwd`. */
export class Locator {
  readonly #directory: string;
  readonly #cwd: string;
  readonly #sources = new Map<string, Source>();

  constructor(directory: string, cwd: string) {
    this.#directory = directory;
    this.#cwd = cwd;
  }

  locate<T extends DeclaredPackage | DeclaredImage>(declared: T): T & Located {
    const { places, place } = declared;
    return {
      ...declared,
      at: this.#span(place),
      placeOf: (property) => {
        const found = Object.hasOwn(places, property) ? places[property] : undefined;
        return found && this.#span(found);
      },
    };
  }

  #span([file, start, end]: DeclaredPlace): Span {
    return { source: this.#source(file), start, end };
  }

  #source(file: string): Source {
    let source = this.#sources.get(file);
    if (source === undefined) {
      const path = join(this.#directory, file);
      source = new LazySource(namePath(path, this.#cwd).shown, path);
      this.#sources.set(file, source);
    }
    return source;
  }
}

class LazySource implements Source {
  readonly file: string;
  readonly #path: string;
  #text: string | undefined;

  constructor(file: string, path: string) {
    this.file = file;
    this.#path = path;
  }

  get text(): string {
    this.#text ??=
      readIfExists(this.#path)
        ?.toString('utf8')
        .replace(/^\ufeff/, '') ?? '';
    return this.#text;
  }
}
