// Where a module's properties stand. Syntax trees are not kept for that: the file is parsed again when
// a message or a query needs a place.
import type { Source, Span } from '../../base/span.ts';
import { propertiesByPath } from '../property/place.ts';
import { parse } from '../syntax/parse.ts';
import type { Module, StringLiteral } from '../syntax/tree.ts';
import { visitProperties } from '../syntax/visit.ts';
import type { Group } from './variant.ts';

const parsed = new WeakMap<Source, readonly Module[]>();

/** The module's syntax tree, before evaluation; undefined for modules that build logic created. */
export function syntaxOf({ definition }: Group): Module | undefined {
  const { source, start, typeName } = definition;
  if (typeName === '') return undefined;
  let modules = parsed.get(source);
  if (modules === undefined) {
    modules = parse(source).file.definitions.filter((one) => one.kind === 'module');
    parsed.set(source, modules);
  }
  return modules.find((module) => module.start === start);
}

/**
 * The colon of a property (`a.b`, `list[0].x`); of the nearest one around it where it is not written
 * there itself; the module where neither is.
 */
export function propertySpan(group: Group, property: string): Span {
  const module = syntaxOf(group);
  const places = module === undefined ? undefined : propertiesByPath(module.properties);
  for (let path = property; path !== ''; path = path.replace(/(?:\.?[^.[\]]+|\[\d+\])$/, '')) {
    const found = places?.get(path);
    if (found !== undefined) {
      return { source: found.source, start: found.colon, end: found.colon + 1 };
    }
  }
  return group.place;
}

/** The colon of a property that is written in the module's file exactly so; undefined for any other. */
export function writtenSpan(group: Group, property: string): Span | undefined {
  const module = syntaxOf(group);
  const found = module && propertiesByPath(module.properties).get(property);
  return found && { source: found.source, start: found.colon, end: found.colon + 1 };
}

/** The first string that names a module, as `name` or `:name`, in another's properties; undefined where none does. */
export function namedSpan(group: Group, name: string): Span | undefined {
  const module = syntaxOf(group);
  let found: StringLiteral | undefined;
  visitProperties({ path: [] }, module?.properties ?? [], (one) => {
    if (one.kind === 'string' && one.value.replace(/^:/, '') === name) found ??= one;
  });
  return found;
}
