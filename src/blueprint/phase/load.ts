// From the definitions of files to modules of the graph: types found, properties unpacked, load hooks
// run, names taken.
import { definitionError, didYouMean, type Diagnostic } from '../../base/diagnostic.ts';
import { directoryOf } from '../glob/path.ts';
import { exceptionDiagnostic } from '../module/exception.ts';
import { checkEnded } from '../module/given.ts';
import type { Graph } from '../module/graph.ts';
import { LoadStep } from '../module/loading.ts';
import type { AnyModuleType } from '../module/logic.ts';
import { shown } from '../module/pass.ts';
import { Group, Variant } from '../module/variant.ts';
import { unpack } from '../property/unpack.ts';
import type { AnyValues } from '../property/value.ts';
import type { Value } from '../syntax/scope.ts';
import { typeSpan, type Module } from '../syntax/tree.ts';
import type { Registry } from './registry.ts';
import type { TreeFile } from './treefile.ts';

export interface LoadOptions {
  /** Modules of types that are not registered are left out instead of reported. */
  readonly ignoreUnknownModuleTypes: boolean;
  /** Which modules to take, by name and the file's path; all unless given. */
  readonly only?: ((name: string, path: string) => boolean) | undefined;
}

/** Registers a file's modules. Returns what went wrong; modules with errors are left out. */
export function loadFile(
  graph: Graph,
  registry: Registry,
  file: TreeFile,
  modules: readonly Module<Value>[],
  options: LoadOptions,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const scoped = new Map<string, AnyModuleType>();
  const directory = directoryOf(file.path);
  for (const module of modules) {
    const type = scoped.get(module.type) ?? registry.moduleTypes.get(module.type);
    if (type === undefined) {
      if (!options.ignoreUnknownModuleTypes) {
        diagnostics.push(unknownType(module, [...scoped.keys(), ...registry.moduleTypes.keys()]));
      }
      continue;
    }
    const unpacked = unpack(type.schema, module.properties, typeSpan(module));
    if (!unpacked.ok) {
      diagnostics.push(...unpacked.diagnostics);
      continue;
    }
    const name = unpacked.value['name'];
    if (typeof name !== 'string' || name === '') {
      diagnostics.push(missingName(module));
      continue;
    }
    const { source, start } = module;
    const definition = {
      type,
      typeName: module.type,
      source,
      start,
      directory,
      createdBy: undefined,
    };
    const group = new Group(name, definition, graph.groups.length);
    register(graph, group, unpacked.value, scoped, diagnostics, options);
  }
  return diagnostics;
}

function register(
  graph: Graph,
  group: Group,
  values: AnyValues,
  scoped: Map<string, AnyModuleType>,
  diagnostics: Diagnostic[],
  { only }: LoadOptions,
): void {
  const add = (one: Group, its: AnyValues): void => {
    if (only !== undefined && !only(one.name, one.definition.source.file)) return;
    const problem = graph.add(one, its);
    if (problem !== undefined) diagnostics.push(problem);
  };
  const { load } = group.definition.type;
  if (load === undefined) {
    add(group, values);
    return;
  }
  const { none } = graph.variations;
  const variant = new Variant(group, '', none, none, values, []);
  const step = new LoadStep(graph, variant, diagnostics, scoped);
  const before = diagnostics.length;
  try {
    checkEnded(load(step as never));
  } catch (error) {
    const where = `load hook for ${shown(variant)}`;
    diagnostics.push(exceptionDiagnostic(where, error, group.place, graph.debug));
  }
  if (diagnostics.length > before) return;
  add(group, variant.values);
  for (const created of step.created) {
    group.addWrite(created.group);
    add(created.group, created.values);
  }
}

export function unknownType(module: Module<Value>, known: readonly string[]): Diagnostic {
  return definitionError({
    code: 'module/unknown-type',
    message: `unrecognized module type ${JSON.stringify(module.type)}`,
    at: typeSpan(module),
    hint: didYouMean(module.type, known),
  });
}

function missingName(module: Module<Value>): Diagnostic {
  return definitionError({
    code: 'module/no-name',
    message: "property 'name' is missing from a module",
    at: typeSpan(module),
    hint: 'give it a name that no other module has',
  });
}
