// Small trees of one module type for tests of mutators: what the graph looks like when all have run.
import { formatDiagnostic, type Diagnostic } from '../../../src/base/diagnostic.ts';
import {
  dependencyTag,
  Engine,
  list,
  memoryFiles,
  moduleName,
  moduleType,
  nested,
  string,
  type GenerateContext,
  type Logic,
  type Module,
} from '../../../src/index.ts';

export const tag = dependencyTag('dep');
export const fields = {
  deps: list(moduleName({ tag })),
  late: list(string()),
  rev: list(string()),
  split: list(string()),
  wants: string(),
  gives: string(),
};
export const all = nested(fields);
export const thing = moduleType({ name: 'thing', properties: fields });

type Options = Partial<ConstructorParameters<typeof Engine>[0]>;

interface Outcome {
  readonly engine: Engine;
  readonly diagnostics: readonly Diagnostic[];
}

function runPhases(
  text: string,
  logic: Logic,
  phases: readonly ('parse' | 'resolve' | 'prepare')[],
  options: Options = {},
): Outcome {
  const files = memoryFiles({ Blueprints: text });
  const engine = new Engine({ files, ...options }, { moduleTypes: [thing], ...logic });
  for (const phase of phases) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return { engine, diagnostics };
  }
  return { engine, diagnostics: [] };
}

/** `a@x`: a module and its variant. */
export function label({ name, variant }: Pick<Module, 'name' | 'variant'>): string {
  return variant === '' ? name : `${name}@${variant}`;
}

/** Every variant with its dependencies, as `a@x: b@x, c`, sorted; or the messages of what went wrong. */
export function edges(text: string, logic: Logic): string[] {
  const { engine, diagnostics } = runPhases(text, logic, ['parse', 'resolve']);
  if (diagnostics.length > 0) return diagnostics.map(({ message }) => message);
  return engine.graph.order
    .map((variant) => {
      const its = variant.dependencies.map(({ module }) => label(module));
      return its.length === 0 ? label(variant) : `${label(variant)}: ${its.join(', ')}`;
    })
    .sort();
}

/** The messages of all phases, hints and notes included. */
export function problems(text: string, logic: Logic, options?: Options): string {
  const { diagnostics } = runPhases(text, logic, ['parse', 'resolve', 'prepare'], options);
  return diagnostics.map(formatDiagnostic).join('\n');
}

/** Only the messages. */
export function messages(text: string, logic: Logic, options?: Options): string[] {
  const { diagnostics } = runPhases(text, logic, ['parse', 'resolve', 'prepare'], options);
  return diagnostics.map(({ message }) => message);
}

/** A module type with the same properties that does something. */
export function generating(
  generate: (context: GenerateContext) => void,
): NonNullable<Logic['moduleTypes']> {
  return [moduleType({ name: 'thing', properties: fields, generate })];
}
