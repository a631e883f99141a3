// Where a module's properties stand. Syntax trees are not kept for that: the file is parsed again when
// a message or a query needs a place.
import type { Source, Span } from '../../base/span.ts';
import { propertiesByPath } from '../property/place.ts';
import { parse } from '../syntax/parse.ts';
import type { Module } from '../syntax/tree.ts';
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

const written = new WeakMap<Module, ReadonlyMap<string, Span>>();

/** The colons of all properties that the module's file has, by path. */
export function writtenSpans(group: Group): ReadonlyMap<string, Span> {
  const module = syntaxOf(group);
  if (module === undefined) return new Map();
  let spans = written.get(module);
  if (spans === undefined) {
    const found = propertiesByPath(module.properties);
    spans = new Map(
      [...found].map(([path, { source, colon }]) => [
        path,
        { source, start: colon, end: colon + 1 },
      ]),
    );
    written.set(module, spans);
  }
  return spans;
}
