// Where the properties of a package stand. Loads nothing of the module engine.
import type { Span } from '../../base/span.ts';
import type { PackageDeclaration } from './declaration.ts';

/** The place of a property, or of the nearest one around it that a file has; else that of the module. */
export function placeOf({ placeOf: written, at }: PackageDeclaration, property: string): Span {
  for (let path = property; path !== ''; path = path.replace(/(?:\.?[^.[\]]+|\[\d+\])$/, '')) {
    const found = written(path);
    if (found !== undefined) return found;
  }
  return at;
}
