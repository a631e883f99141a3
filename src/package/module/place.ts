// Where the properties of a package stand. Loads nothing of the module engine.
import type { Span } from '../../base/span.ts';
import type { PackageDeclaration } from './declaration.ts';

/**
 * The place of a property, or of the nearest one around it that a file has; else that of the module. It is looked for when
 * somebody asks where that is: most are never told, and the file would have to be parsed.
 */
export function placeOf(declaration: PackageDeclaration, property: string): Span {
  let known: Span | undefined;
  const found = (): Span => (known ??= find(declaration, property));
  return {
    get source() {
      return found().source;
    },
    get start() {
      return found().start;
    },
    get end() {
      return found().end;
    },
  };
}

function find({ placeOf: written, at }: PackageDeclaration, property: string): Span {
  for (let path = property; path !== ''; path = path.replace(/(?:\.?[^.[\]]+|\[\d+\])$/, '')) {
    const found = written(path);
    if (found !== undefined) return found;
  }
  return at;
}
