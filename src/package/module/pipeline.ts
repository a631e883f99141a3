// From a package that a module declares to its tasks: for each entry of its pipeline one, or one for each
// source or package, with what its script reaches and nothing else. No entry's name means anything here.
import { posix } from 'node:path';
import {
  Collector,
  definitionError,
  ok,
  failed,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import type { Image } from '../../sandbox/port.ts';
import type { Input, Output, PackageInput, Script, Step, Task } from '../../task/task.ts';
import { mentions } from '../../task/unmounted.ts';
import type { Identity } from '../ids.ts';
import { fetchTask, type FetchSource, type FetchTask } from '../pipeline/fetch.ts';
import type { Archive, Pipeline } from '../pipeline/pipeline.ts';
import { plainName, spell } from '../variant.ts';
import { packageIdFrom } from '../../install/id.ts';
import { placeOf } from './place.ts';
import { directoriesOf } from './directories.ts';
import { fileInputs, patchInputs, type InputOptions } from './inputs.ts';
import { isWork, type OrderedTask } from './order.ts';
import { lazyOrigins } from './origin.ts';
import { expandText, reach, syntaxProblems, type Reached, type Scope } from './reach.ts';
import {
  ALWAYS,
  DESTDIR,
  INPUTS,
  OUT,
  prefixOf,
  scopeOf,
  withElement,
  WORK_TREE,
} from './scope.ts';
import { pkginfoOf } from './step/split.ts';
import { FETCH, STEPS } from './step/registry.ts';
import type { StepPackage } from './step/kind.ts';
import { reportReach } from './report.ts';

/** The output that other packages are built against, and the one that holds archives for repositories. */
export const PACKAGE_OUTPUT = 'package';
export const ARCHIVE_OUTPUT = 'tar';

export interface ModulePipelineOptions extends InputOptions {
  readonly identity: Identity;
  /** What is active while it is built. Ids are those that scripts see. */
  readonly packages: readonly PackageInput[];
  readonly root: string;
  readonly image: Image;
  readonly fetchSource: FetchSource;
  readonly reproduce: string;
  readonly onWarning: (diagnostic: Diagnostic) => void;
  /** Locks a task to the key that it is to have. */
  readonly lock: (task: Task) => Task;
}

/** One task of an entry, and which of several it is. */
interface Made {
  readonly element: string | undefined;
  readonly task: Task;
  readonly fetch?: FetchTask;
}

/** Makes a package's tasks. Errors `package/*` at properties, `shell/*`, and `fs/*` for files of the tree. */
export function modulePipeline(options: ModulePipelineOptions): Result<Pipeline> {
  const out = new Collector();
  const builder = new Builder(options, out);
  builder.checkFunctions();
  for (const entry of options.module.tasks) builder.add(entry);
  if (out.failed) return failed(...out.diagnostics);
  out.diagnostics.forEach(options.onWarning);
  return ok(builder.finish());
}

class Builder {
  readonly #options: ModulePipelineOptions;
  readonly #out: Collector;
  readonly #scope: Scope;
  readonly #pack: StepPackage;
  readonly #made = new Map<string, readonly Made[]>();
  /** Output → the tasks that have it. */
  readonly #owners = new Map<string, readonly Made[]>();

  constructor(options: ModulePipelineOptions, out: Collector) {
    const { declaration, subpackages } = options.module;
    const { values } = declaration;
    this.#options = options;
    this.#out = out;
    this.#scope = scopeOf(declaration, { root: options.root });
    this.#pack = {
      name: declaration.name,
      variant: declaration.variant,
      version: values.version ?? '0',
      prefix: prefixOf(declaration, options.root),
      root: options.root,
      description: values.description,
      homepage: values.homepage,
      license: values.license,
      maintainer: values.maintainer,
      environment: values.environment,
      conffiles: values.conffiles,
      owners: values.owners,
      subpackages,
    };
  }

  /** Also those that nothing calls yet. */
  checkFunctions(): void {
    for (const [name, body] of this.#scope.functions) {
      const { declaration } = this.#options.module;
      reportReach(syntaxProblems(body, name), declaration, `functions.${name}`, this.#out);
    }
  }

  add(entry: OrderedTask): void {
    const made = this.#elementsOf(entry).map((element): Made => {
      if (entry.values.script === undefined && entry.values.step === FETCH) {
        return this.#fetch(entry, element!);
      }
      return { element, task: this.#options.lock(this.#task(entry, element)) };
    });
    this.#made.set(entry.name, made);
    for (const [output, path] of Object.entries(entry.values.outputs)) {
      if (path !== undefined && path !== '') this.#owners.set(output, made);
    }
  }

  finish(): Pipeline {
    const { identity, module } = this.#options;
    const files = this.#owners.get(PACKAGE_OUTPUT)?.[0]?.task;
    const archives = (this.#owners.get(ARCHIVE_OUTPUT) ?? []).flatMap(
      ({ element, task }): Archive[] => {
        const version = identity.id.slice(identity.definition.name.length + 2);
        const id = packageIdFrom(element ?? identity.definition.name, version);
        return id.ok
          ? [
              {
                id: id.value,
                name: element ?? identity.definition.name,
                task,
                output: ARCHIVE_OUTPUT,
              },
            ]
          : [];
      },
    );
    const wanted = module.declaration.values.targets.flatMap((name) => this.#made.get(name) ?? []);
    return {
      identity,
      files: files && { task: files, output: PACKAGE_OUTPUT },
      archives,
      tasks: [...this.#made.values()].flat().map(({ task }) => task),
      deployed: wanted.map(({ task }) => task),
    };
  }

  #elementsOf({ values }: OrderedTask): readonly (string | undefined)[] {
    const { sources, subpackages, declaration } = this.#options.module;
    switch (values.each) {
      case 'source':
        // Files of the tree are sources that nobody has to get.
        return values.script === undefined && values.step === FETCH
          ? [...sources.keys()]
          : Object.keys(declaration.values.sources).sort();
      case 'package':
        return subpackages.map(({ name }) => name);
      default:
        return [undefined];
    }
  }

  #taskName(entry: string, element: string | undefined, count: number): string {
    const { definition } = this.#options.identity;
    return `${spell(definition)}:${entry}${element === undefined || count === 1 ? '' : `.${element}`}`;
  }

  #fetch(entry: OrderedTask, element: string): Made {
    const { identity, module, fetchSource } = this.#options;
    const source = module.sources.get(element)!;
    const fetch = fetchTask(identity, source, fetchSource, {
      name: this.#taskName(entry.name, element, module.sources.size),
      output: Object.keys(entry.values.outputs)[0]!,
      placeOf: (member) => module.declaration.placeOf(`sources.${element}.${member}`),
    });
    return { element, task: fetch.task, fetch };
  }

  #task(entry: OrderedTask, element: string | undefined): Task {
    const { values, name } = entry;
    const { declaration } = this.#options.module;
    const count = this.#elementsOf(entry).length;
    const outputs = this.#outputs(entry, element);
    const isScript = values.script !== undefined || values.step === undefined;
    const inputs: Input[] = [];
    const takes = new Set(values.takes);
    const base = this.#baseOf(entry);
    if (takes.has('sources')) {
      inputs.push(...this.#fetched(), ...fileInputs(this.#options, this.#out));
    }
    if (takes.has('patches')) inputs.push(...patchInputs(this.#options, this.#out));
    const used = this.#used(entry, base);
    inputs.push(...used.inputs);
    const packages = takes.has('packages') && isScript;
    if (packages) {
      inputs.push({ kind: 'packages', at: this.#options.root, packages: this.#options.packages });
    }
    // Only whoever makes a package says what it is.
    const destdir = Object.values(outputs).some(({ at }) => at.startsWith(DESTDIR));
    if (outputs[PACKAGE_OUTPUT] !== undefined) {
      const own = this.#pack.subpackages.at(-1)!;
      const at = posix.join(outputs[PACKAGE_OUTPUT].at, 'pkginfo.json');
      inputs.push({ kind: 'text', at, content: pkginfoOf(own, this.#pack) });
    }
    const reached = isScript ? this.#reach(entry, element, packages) : NOTHING;
    const work = isWork(values);
    const fixed = isScript ? fixedVariables(packages ? this.#options.root : undefined) : {};
    const task: Task = {
      name: this.#taskName(name, element, count),
      work: isScript
        ? this.#script(entry, reached, packages)
        : this.#step(entry, element, used, outputs),
      variables: { ...fixed, ...reached.variables },
      written: { ...fixed, ...reached.written },
      origins: lazyOrigins(declaration, name, values),
      volatile: reached.volatile,
      directories: directoriesOf({
        root: this.#options.root,
        base,
        work,
        inputs,
        outputs,
        destdir,
        packages,
        takes,
      }),
      inputs,
      outputs,
      shared: values.shared ?? values.network !== true,
      network: values.network === true,
      pool: 'cpu',
      limits: values.timeout === 0 ? {} : { timeoutMs: values.timeout * 1000 },
      unmounted: isScript ? this.#unmounted(entry, element, packages, () => task) : undefined,
      reproduce: this.#options.reproduce,
    };
    return task;
  }

  /** The tree that a task goes on with. */
  #baseOf({ base, values }: OrderedTask): Task | undefined {
    if (base === undefined || !isWork(values)) return undefined;
    return this.#made.get(base)?.[0]?.task;
  }

  #outputs(entry: OrderedTask, element: string | undefined): Record<string, Output> {
    const { values, name } = entry;
    const outputs: Record<string, Output> = {};
    const [first, second] = this.#elementsOf(entry);
    for (const [output, written] of Object.entries(values.outputs)) {
      if (written === undefined || written === '') continue;
      const property = `tasks.${name}.outputs.${output}`;
      // Told once. Those that use them find them side by side.
      if (second !== undefined && element === first && !/\*[^/]*\/?$/.test(written)) {
        this.#problem(
          property,
          `the output "${output}" is called ${written} for every ${values.each}, and could not be told apart`,
          `put a * into its name: "${starred(written)}"`,
        );
      }
      const spelled = element === undefined ? '*' : this.#fileName(values, element);
      const { text, problems } = expandText(written.replaceAll('*', spelled), this.#scope);
      reportReach(problems, this.#options.module.declaration, property, this.#out);
      const kind = text.endsWith('/') ? 'tree' : 'file';
      const at = posix.normalize(text).replace(/\/+$/, '');
      if (!/^\/(pkg\/(work|install)|out)(\/|$)/.test(at)) {
        this.#problem(
          property,
          `the output "${output}" must lie in ${WORK_TREE}, ${DESTDIR} or ${OUT}, found ${text}`,
        );
      }
      outputs[output] = { at, kind };
    }
    return outputs;
  }

  /** What `*` stands for in outputs: steps call files as those expect it who read them. */
  #fileName({ script, step }: OrderedTask['values'], element: string): string {
    const kind = script === undefined && step !== undefined ? STEPS[step]! : FETCH;
    if (kind === FETCH || kind.fileName === undefined) return element;
    const { variant, version } = this.#pack;
    return kind.fileName({ name: plainName({ name: element, variant }), version });
  }

  /** What the tasks that fetch leave. */
  #fetched(): Input[] {
    return [...this.#made.values()]
      .flat()
      .flatMap(({ element, fetch }) => fetch?.input(posix.join(WORK_TREE, element!)) ?? []);
  }

  /** Outputs that an entry uses, and those of the tasks before it that it would otherwise not depend on. */
  #used(entry: OrderedTask, base: Task | undefined): Used {
    const inputs: Input[] = [];
    const places = new Map<string, string>();
    const depended = new Set<Task>(base === undefined ? [] : [base]);
    const take = (output: string, made: readonly Made[]): void => {
      const place = posix.join(INPUTS, output);
      places.set(output, place);
      for (const { element, task } of made) {
        const { at, kind } = task.outputs[output]!;
        const several = element !== undefined || kind === 'file';
        const name = posix.basename(at);
        inputs.push({
          kind: 'output',
          at: several ? posix.join(place, name) : place,
          task,
          output,
        });
        depended.add(task);
      }
    };
    for (const output of entry.values.uses) {
      const made = this.#owners.get(output);
      if (made !== undefined && made.length > 0) take(output, made);
    }
    for (const before of entry.after) {
      const made = this.#made.get(before) ?? [];
      if (made.every(({ task, fetch }) => depended.has(task) || fetch !== undefined)) continue;
      const outputs = Object.keys(made[0]!.task.outputs);
      for (const output of outputs) if (!places.has(output)) take(output, made);
      if (outputs.length === 0) {
        const message = `"${entry.name}" comes after "${before}", but takes nothing from it: that has no output`;
        this.#problem(`tasks.${entry.name}.after`, message);
      }
    }
    return { inputs, places };
  }

  #reach(entry: OrderedTask, element: string | undefined, packages: boolean): Reached {
    const { declaration } = this.#options.module;
    const reached = reachOf(entry, element, packages, this.#scope);
    reportReach(reached.problems, declaration, `tasks.${entry.name}.script`, this.#out);
    return reached;
  }

  /** The same script and what it reaches, with everything that is a place in the build where it lies. */
  #unmounted(
    entry: OrderedTask,
    element: string | undefined,
    packages: boolean,
    taskOf: () => Task,
  ): Task['unmounted'] {
    const { module, root } = this.#options;
    return (locate) => {
      const scope = scopeOf(module.declaration, { root, locate });
      const reached = reachOf(entry, element, packages, scope);
      const there = mentions(taskOf(), root, locate);
      const all = (texts: Readonly<Record<string, string>>): Record<string, string> =>
        Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, there(text)]));
      return {
        text: there(scriptTextOf(entry, packages)),
        functions: all(reached.functions),
        variables: {
          ...fixedVariables(packages ? locate(root) : undefined),
          ...all(reached.variables),
        },
        volatile: all(reached.volatile),
      };
    };
  }

  #script(entry: OrderedTask, { functions }: Reached, packages: boolean): Script {
    const { text: workdir } = expandText(entry.values.workdir ?? '${SRC}', this.#scope);
    return {
      kind: 'script',
      text: scriptTextOf(entry, packages),
      functions,
      image: this.#options.image,
      workdir: isWork(entry.values) ? workdir : OUT,
    };
  }

  #step(
    entry: OrderedTask,
    element: string | undefined,
    used: Used,
    outputs: Readonly<Record<string, Output>>,
  ): Step {
    const name = entry.values.step!;
    const kind = STEPS[name]!;
    if (kind === FETCH) throw new Error('fetching makes tasks of its own');
    if (kind.sideBySide === true) this.#checkNames(entry.name, used);
    const prepared = kind.prepare({
      package: this.#pack,
      element,
      inputs: used.places,
      outputs,
      skip: entry.values.skip,
      codec: entry.values.compression,
    });
    return { kind: 'step', name, version: kind.version, ...prepared };
  }

  /** What directories hold is known only when they are there. */
  #checkNames(name: string, { inputs }: Used): void {
    const owners = new Map<string, string>();
    for (const input of inputs) {
      if (input.kind !== 'output' || input.task.outputs[input.output]!.kind !== 'file') continue;
      const { output, task } = input;
      const file = posix.basename(input.at);
      const owner = owners.get(file);
      owners.set(file, output);
      if (owner === undefined || owner === output) continue;
      const [maker = name] =
        [...this.#made].find(([, made]) => made.some((one) => one.task === task)) ?? [];
      this.#problem(
        `tasks.${maker}.outputs.${output}`,
        `two outputs would be the file ${file} of "${name}": ${owner} and ${output}`,
        'give one of the files another name',
      );
    }
  }

  #problem(property: string, message: string, hint?: string): void {
    const at = placeOf(this.#options.module.declaration, property);
    this.#out.add(definitionError({ code: 'package/property', message, at, hint }));
  }
}

/** Outputs of other tasks that a task is given, and where they are, by their names. */
interface Used {
  readonly inputs: readonly Input[];
  readonly places: ReadonlyMap<string, string>;
}

const NOTHING: Reached = { variables: {}, volatile: {}, written: {}, functions: {}, problems: [] };

/** What a script has whatever it reaches; with the root where packages are active, so that these are found. */
function fixedVariables(root: string | undefined): Record<string, string> {
  if (root === undefined) return ALWAYS;
  return {
    ...ALWAYS,
    CPATH: posix.join(root, 'include'),
    LIBRARY_PATH: posix.join(root, 'lib'),
    PKG_CONFIG_PATH: ['lib/pkgconfig', 'share/pkgconfig']
      .map((path) => posix.join(root, path))
      .join(':'),
  };
}

function reachOf(
  entry: OrderedTask,
  element: string | undefined,
  packages: boolean,
  scope: Scope,
): Reached {
  const { deps } = entry.values;
  // The line in front of the script is none of its author's, whose lines are counted.
  const more = packages ? [...deps, 'ROOT'] : deps;
  return reach(textOf(entry), more, element === undefined ? scope : withElement(scope, element));
}

function scriptTextOf(entry: OrderedTask, packages: boolean): string {
  return `${packages ? '. "$ROOT/environment.export"\n' : ''}${textOf(entry)}`;
}

/** What an entry runs: its script, with what others put before and behind it. */
function textOf({ values }: OrderedTask): string {
  const { prepend, script, append } = values;
  return [...prepend, ...(script === undefined ? [] : [script]), ...append].join('\n');
}

/** `/out/x.zip` as `/out/*-x.zip`. */
function starred(path: string): string {
  return path === `${OUT}/` ? `${OUT}/*/` : path.replace(/([^/]+\/?)$/, '*-$1');
}
