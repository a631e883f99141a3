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
  readonly #modules = new Map<string, ReadonlyMap<number, ReadonlyMap<string, Extent>>>();

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
      placeOf: (property, holding) => {
        const places = [
          ...(variant === null
            ? []
            : this.#find(modules.slice(0, 1), `variants.${variant}.${property}`)),
          ...this.#find(modules, property),
        ];
        const holder =
          holding === undefined ? undefined : places.find((one) => this.#holds(one, holding));
        const place = holder ?? places[0];
        return place && this.#span({ ...place, end: place.start + 1 });
      },
    };
  }

  image({ modules, ...declared }: DeclaredImage): ImageDeclaration {
    return {
      ...declared,
      at: this.#span(modules[0]!),
      placeOf: (property) => {
        const [place] = this.#find(modules, property);
        return place && this.#span({ ...place, end: place.start + 1 });
      },
      diagnostics: [],
    };
  }

  /** A property, from its colon to the end of its value, in each of the modules that has it. */
  #find(modules: readonly DeclaredPlace[], property: string): DeclaredPlace[] {
    return modules.flatMap(({ file, start }) => {
      const place = this.#propertiesOf(file).get(start)?.get(property);
      return place === undefined ? [] : [{ file, ...place }];
    });
  }

  /** Whether a line of text stands there, however it is quoted. */
  #holds({ file, start, end }: DeclaredPlace, line: string): boolean {
    const bare = (text: string): string => text.replace(/[\\"`\s]/g, '');
    return bare(this.#source(file).text.slice(start, end)).includes(bare(line));
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

  /** Of each module of a file, by where it starts: its properties, by their paths. */
  #propertiesOf(file: string): ReadonlyMap<number, ReadonlyMap<string, Extent>> {
    let found = this.#modules.get(file);
    if (found === undefined) {
      found = new Map(
        parse(this.#source(file)).file.definitions.flatMap((one) =>
          one.kind === 'module' ? [[one.start, extentsOf(one.properties)] as const] : [],
        ),
      );
      this.#modules.set(file, found);
    }
    return found;
  }
}

/** A property in its file: where its colon is, and where its value ends. */
interface Extent {
  readonly start: number;
  readonly end: number;
}

function extentsOf(properties: Parameters<typeof propertiesByPath>[0]): Map<string, Extent> {
  return new Map(
    [...propertiesByPath(properties)].map(([path, { colon, value }]) => [
      path,
      { start: colon, end: value.end },
    ]),
  );
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
