// From what somebody wrote to the modules and variants that are meant, with suggestions for what is not
// there.
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { findSorted } from '../phase/column.ts';
import { variantsOf, type ModuleGraph } from './graph.ts';

/**
 * The variants that words name, each once: `name` for all variants of a module, `name@variant` for one.
 * Error codes `query/no-module`, `query/no-variant`.
 */
export function findVariants(graph: ModuleGraph, words: readonly string[]): Result<number[]> {
  const found = new Set<number>();
  const diagnostics: Diagnostic[] = [];
  for (const word of words) {
    const variants = variantsNamed(graph, word);
    if (variants.ok) for (const variant of variants.value) found.add(variant);
    else diagnostics.push(...variants.diagnostics);
  }
  return diagnostics.length > 0 ? failed(...diagnostics) : ok([...found]);
}

function variantsNamed(graph: ModuleGraph, word: string): Result<number[]> {
  const { name } = graph.modules;
  const indexOf = (one: string): number => findSorted(name.length, (index) => name[index]!, one);
  const whole = indexOf(word);
  if (whole !== -1) return ok(variantsOf(graph, whole));
  const at = word.lastIndexOf('@');
  const module = at === -1 ? -1 : indexOf(word.slice(0, at));
  if (module === -1) return failed(noModule(graph, at === -1 ? word : word.slice(0, at)));
  const variant = word.slice(at + 1);
  const variants = variantsOf(graph, module);
  const found = variants.filter((index) => graph.variants.name[index] === variant);
  if (found.length > 0) return ok(found);
  const known = variants.map((index) => graph.variants.name[index]!);
  return failed(
    definitionError({
      code: 'query/no-variant',
      message: `module "${word.slice(0, at)}" has no variant "${variant}"`,
      hint: didYouMean(variant, known) ?? variantsHint(known),
    }),
  );
}

function variantsHint(known: readonly string[]): string {
  if (known.length === 1 && known[0] === '') return 'it has one variant only: leave out the @';
  return `it has ${known.map((name) => JSON.stringify(name)).join(', ')}`;
}

function noModule({ modules }: ModuleGraph, name: string): Diagnostic {
  return definitionError({
    code: 'query/no-module',
    message: `there is no module "${name}"`,
    hint: didYouMean(name, modules.name) ?? 'ashlar query modules lists all of them',
  });
}

/** Which modules to list. */
export interface ModuleFilter {
  /** Names, with `*` for any letters; none for all. */
  readonly patterns: readonly string[];
  readonly type?: string | undefined;
  /** A directory: modules of files in it or below. */
  readonly directory?: string | undefined;
}

/**
 * The modules that fit a filter, by name. Error codes `query/no-module` for patterns that match nothing,
 * `query/no-type`.
 */
export function findModules(graph: ModuleGraph, filter: ModuleFilter): Result<number[]> {
  const { name, type, file } = graph.modules;
  const diagnostics: Diagnostic[] = [];
  const matchers = filter.patterns.map((pattern) => patternMatcher(pattern));
  const used = matchers.map(() => false);
  const prefix = filter.directory === undefined ? '' : `${filter.directory}/`;
  const found: number[] = [];
  for (let index = 0; index < name.length; index++) {
    let fits = matchers.length === 0;
    for (const [i, matches] of matchers.entries()) {
      if (!matches(name[index]!)) continue;
      used[i] = true;
      fits = true;
    }
    if (!fits || (filter.type !== undefined && type[index] !== filter.type)) continue;
    if (file[index]!.startsWith(prefix)) found.push(index);
  }
  for (const [i, pattern] of filter.patterns.entries()) {
    if (!used[i]) diagnostics.push(noModule(graph, pattern));
  }
  if (filter.type !== undefined && !type.includes(filter.type)) {
    diagnostics.push(noType(filter.type, type));
  }
  return diagnostics.length > 0 ? failed(...diagnostics) : ok(found);
}

function patternMatcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const expression = new RegExp(`^${pieces.join('.*')}$`, 'su');
  return (name) => expression.test(name);
}

function noType(type: string, types: readonly string[]): Diagnostic {
  const known = [...new Set(types)].sort();
  return definitionError({
    code: 'query/no-type',
    message: `there is no module of type "${type}"`,
    hint:
      didYouMean(type, known) ?? (known.length === 0 ? undefined : `there are ${known.join(', ')}`),
  });
}
