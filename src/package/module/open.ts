// Puts places back into what modules declared. Where a property was set is found in its file when somebody
// asks: most declarations are never quoted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source, Span } from '../../base/span.ts';
import { propertiesByPath } from '../../blueprint/property/place.ts';
import { parse } from '../../blueprint/syntax/index.ts';
import { namePath } from '../file.ts';
import type { ImageDeclaration, PackageDeclaration } from './declaration.ts';
import type { Declared, DeclaredImage, DeclaredPackage, DeclaredPlace } from './declared.ts';

class DeclaredReader {
  readonly #directory: string;
  readonly #cwd: string;
  readonly #sources = new Map<string, Source>();
  readonly #modules = new Map<string, ReadonlyMap<number, ReadonlyMap<string, number>>>();

  constructor(directory: string, cwd: string) {
    this.#directory = directory;
    this.#cwd = cwd;
  }

  package({ modules, files, ...declared }: DeclaredPackage): PackageDeclaration {
    const { variant } = declared;
    return {
      ...declared,
      files: new Map(Object.entries(files)),
      at: this.#span(modules[0]!),
      placeOf: (property) =>
        (variant === null
          ? undefined
          : this.#find(modules.slice(0, 1), `variants.${variant}.${property}`)) ??
        this.#find(modules, property),
    };
  }

  image({ modules, ...declared }: DeclaredImage): ImageDeclaration {
    return {
      ...declared,
      at: this.#span(modules[0]!),
      placeOf: (property) => this.#find(modules, property),
      diagnostics: [],
    };
  }

  /** The colon of a property in the first of the modules that has it. */
  #find(modules: readonly DeclaredPlace[], property: string): Span | undefined {
    for (const { file, start } of modules) {
      const colon = this.#propertiesOf(file).get(start)?.get(property);
      if (colon !== undefined) return this.#span({ file, start: colon, end: colon + 1 });
    }
    return undefined;
  }

  #span({ file, start, end }: DeclaredPlace): Span {
    return { source: this.#source(file), start, end };
  }

  #source(file: string): Source {
    let source = this.#sources.get(file);
    if (source === undefined) {
      source = lazySource(join(this.#directory, file), this.#cwd);
      this.#sources.set(file, source);
    }
    return source;
  }

  /** Of each module of a file, by where it starts: the colons of its properties, by their paths. */
  #propertiesOf(file: string): ReadonlyMap<number, ReadonlyMap<string, number>> {
    let found = this.#modules.get(file);
    if (found === undefined) {
      found = new Map(
        parse(this.#source(file)).file.definitions.flatMap((one) =>
          one.kind === 'module' ? [[one.start, colonsOf(one.properties)] as const] : [],
        ),
      );
      this.#modules.set(file, found);
    }
    return found;
  }
}

function colonsOf(properties: Parameters<typeof propertiesByPath>[0]): Map<string, number> {
  return new Map([...propertiesByPath(properties)].map(([path, { colon }]) => [path, colon]));
}

/** Most files are never quoted, so each is read when it is. One that is gone by then has no text. */
function lazySource(path: string, cwd: string): Source {
  let text: string | undefined;
  return {
    file: namePath(path, cwd).shown,
    get text() {
      try {
        text ??= readFileSync(path, 'utf8');
      } catch {
        text = '';
      }
      return text;
    },
  };
}

/** Everything with its places, as messages name them to a user who stands in `cwd`. `directory` is the tree, absolute. */
export function openDeclared(
  declared: Declared,
  directory: string,
  cwd: string,
): {
  readonly packages: readonly PackageDeclaration[];
  readonly images: readonly ImageDeclaration[];
} {
  const reader = new DeclaredReader(directory, cwd);
  return {
    packages: declared.packages.map((one) => reader.package(one)),
    images: declared.images.map((one) => reader.image(one)),
  };
}
