// Rules and tasks need each other's outputs: in which turns Ninja and whoever runs tasks have to work, as few as
// there can be. Pure graph work; knows nothing of Ninja's files, nor of what a task is.
import { definitionError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';

export interface Work {
  /** What rules make, and what of. */
  readonly edges: readonly {
    readonly outputs: readonly string[];
    readonly inputs: readonly string[];
  }[];
  readonly packages: readonly WorkPackage[];
}

/** What tasks make at once: a package with its archives, an image. */
export interface WorkPackage {
  readonly name: string;
  /** Files it reads. */
  readonly reads: readonly string[];
  /** Other packages that are built with it. */
  readonly requires: readonly string[];
  /** Directories of what it makes; rules may read what is in them. */
  readonly makes: readonly string[];
}

export type Turn =
  /** Undefined is everything that is wanted. */
  | { readonly kind: 'rules'; readonly outputs: readonly string[] | undefined }
  | { readonly kind: 'tasks'; readonly names: readonly string[] | undefined };

/**
 * The turns in which everything can be made, the last of each kind for all that is left. Error `build/cycle`
 * where a rule and a package wait for each other.
 */
export function planTurns(work: Work): Result<readonly Turn[]> {
  const graph = new WorkGraph(work);
  const plans = (['rules', 'tasks'] as const).map((first) => simulate(graph, first));
  const [rulesFirst, tasksFirst] = plans;
  if (rulesFirst === undefined || tasksFirst === undefined) return failed(cycle(graph));
  return ok(tasksFirst.length < rulesFirst.length ? tasksFirst : rulesFirst);
}

/** Who needs what, both ways. */
export class WorkGraph {
  readonly packages: readonly WorkPackage[];
  /** Outputs of rules that a package reads, by the package's name, also through what it requires. */
  readonly reads = new Map<string, readonly string[]>();
  readonly #edges = new Map<string, Work['edges'][number]>();
  readonly #needs = new Map<string, ReadonlySet<string>>();
  readonly #makers: readonly (readonly [directory: string, name: string])[];

  constructor({ edges, packages }: Work) {
    this.packages = packages;
    for (const edge of edges) for (const output of edge.outputs) this.#edges.set(output, edge);
    this.#makers = packages.flatMap(({ name, makes }) =>
      makes.map((directory) => [`${directory}/`, name] as const),
    );
    const byName = new Map(packages.map((one) => [one.name, one]));
    for (const one of packages) {
      const all = new Set([one]);
      for (const each of all) {
        for (const name of each.requires) {
          const required = byName.get(name);
          if (required !== undefined) all.add(required);
        }
      }
      const files = [...all].flatMap(({ reads }) => reads.filter((file) => this.#edges.has(file)));
      this.reads.set(one.name, [...new Set(files)]);
    }
  }

  /** Packages that must be built before a rule can make an output, by their names. */
  needs(output: string): ReadonlySet<string> {
    const known = this.#needs.get(output);
    if (known !== undefined) return known;
    const found = new Set<string>();
    const seen = new Set([output]);
    for (const path of seen) {
      const edge = this.#edges.get(path);
      if (edge !== undefined) for (const input of edge.inputs) seen.add(input);
      else
        for (const [directory, name] of this.#makers)
          if (path.startsWith(directory)) found.add(name);
    }
    this.#needs.set(output, found);
    return found;
  }

  /** The statements that it takes to make outputs. */
  edgesFor(outputs: Iterable<string>): Work['edges'] {
    const found = new Set<Work['edges'][number]>();
    const seen = new Set(outputs);
    for (const path of seen) {
      const edge = this.#edges.get(path);
      if (edge === undefined) continue;
      found.add(edge);
      for (const input of edge.inputs) seen.add(input);
    }
    return [...found];
  }

  /** Packages that any rule needs. */
  neededByRules(): ReadonlySet<string> {
    const needed = new Set<string>();
    for (const edge of new Set(this.#edges.values())) {
      for (const input of edge.inputs) {
        if (this.#edges.has(input)) continue;
        for (const [directory, name] of this.#makers)
          if (input.startsWith(directory)) needed.add(name);
      }
    }
    return needed;
  }
}

/** Both in turns, each doing as much as it can. Undefined where neither can go on. */
function simulate(graph: WorkGraph, first: Turn['kind']): readonly Turn[] | undefined {
  const turns: Turn[] = [];
  const pending = new Set(graph.packages.map(({ name }) => name));
  const built = new Set<string>();
  const neededByRules = graph.neededByRules();
  let rulesDone = false;
  for (
    let kind = first;
    !rulesDone || pending.size > 0;
    kind = kind === 'rules' ? 'tasks' : 'rules'
  ) {
    const before = turns.length;
    if (kind === 'tasks') {
      const ready = [...pending].filter((name) =>
        graph.reads.get(name)!.every((output) => rulesDone || built.has(output)),
      );
      for (const name of ready) pending.delete(name);
      if (ready.length > 0) {
        turns.push({ kind, names: pending.size === 0 ? undefined : ready.sort() });
      }
    } else if (!rulesDone && [...neededByRules].every((name) => !pending.has(name))) {
      turns.push({ kind, outputs: undefined });
      rulesDone = true;
    } else if (!rulesDone) {
      const wanted = [...pending].flatMap((name) => graph.reads.get(name)!);
      const possible = new Set(
        wanted.filter(
          (output) =>
            !built.has(output) && [...graph.needs(output)].every((name) => !pending.has(name)),
        ),
      );
      for (const output of possible) built.add(output);
      if (possible.size > 0) turns.push({ kind, outputs: [...possible].sort() });
    }
    // The other one may still be able to begin.
    if (turns.length === before && (kind !== first || before > 0)) return undefined;
  }
  return turns;
}

function cycle(graph: WorkGraph): Diagnostic {
  const waitsFor = (name: string): string[] =>
    (graph.reads.get(name) ?? []).flatMap((output) => [...graph.needs(output)]);
  const names = graph.packages
    .map(({ name }) => name)
    .filter((name) => {
      const reached = new Set(waitsFor(name));
      for (const one of reached) for (const next of waitsFor(one)) reached.add(next);
      return reached.has(name);
    });
  return definitionError({
    code: 'build/cycle',
    message: `rules and packages wait for each other: ${names.join(', ')}`,
    hint: 'each reads what a rule makes of the other, or of itself',
  });
}
