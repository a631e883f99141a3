// A package that a module declares, as the tree's graph of packages has it: beside those of buildinfo
// files, with the same requires, sources and diagnostics. What is wrong with it is told at its properties.
import { Collector, definitionError, didYouMean, warning } from '../../base/diagnostic.ts';
import type { JsonMember, JsonNode } from '../../base/json.ts';
import type { Span } from '../../base/span.ts';
import { isId, isPackageName, isPackageVersion } from '../../install/id.ts';
import type { Definition } from '../definition.ts';
import type { NamedPath } from '../file.ts';
import type { Require } from '../requires.ts';
import { readSource, type Source } from '../source.ts';
import { compareVariants, describeVariant } from '../variant.ts';
import { archivesPath, deployedPath } from '../pipeline/output.ts';
import type { PackageDeclaration, Report } from './declaration.ts';
import { placeOf } from './place.ts';
import { orderTasks, type OrderedTask } from './order.ts';
import { subpackagesOf } from './subpackage.ts';
import { BUILTIN, scopeOf } from './scope.ts';
import { brokenIn, piecesOf, plainNamesIn } from './value.ts';
import { checkInstallation } from './installation.ts';
import { STEPS } from './step/registry.ts';
import { checkStep } from './step/check.ts';
import type { SourceValues, TaskValues } from './properties.ts';

/** The name of the image of modules that name none. */
export const DEFAULT_IMAGE = 'default';

export interface DefinitionContext {
  /** The tree, absolute. */
  readonly directory: string;
  readonly mirrors: readonly string[];
  /** The file of a span, as messages name it, and where it is. */
  readonly file: NamedPath;
  /** For all modules of a tree. */
  readonly orders?: KnownOrders;
}

/** Orders of tasks by what decides them: most modules have a pipeline in common. */
export type KnownOrders = Map<string, ReturnType<typeof orderTasks>>;

/** Checks a declaration. All that is wrong with it is in the definition's diagnostics. */
export function defineModule(
  declaration: PackageDeclaration,
  context: DefinitionContext,
): Definition {
  const out = new Collector();
  const { name, variant, values, at } = declaration;
  checkName(declaration, out);
  const at_ = (property: string): Span => placeOf(declaration, property);
  const problem = (property: string, message: string, hint?: string): void =>
    out.add(definitionError({ code: 'package/property', message, at: at_(property), hint }));

  const requires = readRequires(declaration, 'requires', out);
  const buildRequires = readRequires(declaration, 'build_requires', out);
  const directory = `${context.directory}/${declaration.directory}`;
  const sources = readSources(declaration, directory, context.mirrors, out);
  const formats = values.formats.length === 0 ? ['tar'] : values.formats;
  const { order, problems } = orderOf(declaration, formats, context.orders ?? new Map());
  for (const one of problems) {
    problem(`tasks.${one.task}.${one.property}`, `task "${one.task}": ${one.message}`, one.hint);
  }
  checkTasks(order, declaration, problem);
  checkFormats(declaration, formats, problem);
  checkInstallation(declaration, problem);
  for (const target of values.targets) {
    if (!Object.hasOwn(values.tasks, target)) {
      const hint = didYouMean(target, Object.keys(values.tasks));
      problem('targets', `there is no task "${target}"`, hint);
    }
  }
  for (const property of ['variables', 'volatile'] as const) {
    for (const key of Object.keys(values[property])) {
      if (!BUILTIN.includes(key)) continue;
      problem(`${property}.${key}`, `${key} is set by Ashlar, and cannot be set otherwise`);
    }
  }
  for (const key of Object.keys(values.exclude)) {
    if (values.variables[key] !== undefined) continue;
    problem(
      `exclude.${key}`,
      `there is no variable ${key}`,
      didYouMean(key, Object.keys(values.variables)),
    );
  }
  checkValues(declaration, problem);
  checkPlainNames(declaration, out);
  checkWorkspace(declaration, context.directory, problem);
  checkSources(declaration, problem);
  if (values.prefix !== undefined && !/^(\/[^/\s]+)*\/?$/.test(values.prefix)) {
    problem('prefix', `the prefix must be an absolute path, found "${values.prefix}"`);
  }
  return {
    name,
    variant,
    directory,
    file: context.file,
    hasExtra: false,
    buildinfo: undefined,
    module: {
      declaration,
      requires,
      buildRequires,
      sources,
      tasks: order,
      subpackages: subpackagesOf(declaration),
      image: values.image ?? DEFAULT_IMAGE,
    },
    diagnostics: out.diagnostics.map((one) => ({ ...one, at: one.at ?? at })),
  };
}

function checkName({ name, at, values, placeOf: place }: PackageDeclaration, out: Collector): void {
  if (!isPackageName(name) || !isId(`${name}--0`) || name.endsWith('-')) {
    out.add(
      definitionError({
        code: 'id/name',
        message: `"${name}" cannot be the name of a package`,
        at: place('name') ?? at,
        hint: 'names are made of a-z A-Z 0-9 @ _ + . - and begin with none of . and -; "--" is not in them',
      }),
    );
  }
  const { version } = values;
  if (
    version !== undefined &&
    !isPackageVersion(version.replaceAll('-', '_').replaceAll('~', '_'))
  ) {
    out.add(
      definitionError({
        code: 'package/version',
        message: `"${version}" cannot be a version`,
        at: place('version') ?? at,
        hint: 'versions are made of a-z A-Z 0-9 @ _ + : . - ~',
      }),
    );
  }
}

/** Whether the package does not have a task that is defined for it. */
function orderOf(
  declaration: PackageDeclaration,
  formats: readonly string[],
  known: KnownOrders,
): ReturnType<typeof orderTasks> {
  const { tasks } = declaration.values;
  const gone = Object.keys(tasks).filter((name) => isLeftOut(tasks[name]!, declaration, formats));
  const key = JSON.stringify([gone, tasks]);
  let found = known.get(key);
  if (found === undefined) {
    found = orderTasks(tasks, (name) => gone.includes(name));
    known.set(key, found);
  }
  return found;
}

function isLeftOut(
  task: TaskValues,
  { values, files }: PackageDeclaration,
  formats: readonly string[],
): boolean {
  const { drop, format, only_with, script, step, prepend, append } = task;
  if (drop === true || (format !== undefined && !formats.includes(format))) return true;
  const has = {
    sources: Object.keys(values.sources).length + files.size,
    patches: values.patches.length,
  };
  if (only_with.some((kind) => has[kind] === 0)) return true;
  // A place in the pipeline that nobody has filled.
  return script === undefined && step === undefined && prepend.length === 0 && append.length === 0;
}

function checkTasks(
  order: readonly OrderedTask[],
  { values, placeOf }: PackageDeclaration,
  problem: Report,
): void {
  const owners = new Map<string, string>();
  const outputs = new Map(
    order.flatMap((one) =>
      Object.entries(one.values.outputs).flatMap(([output, path]): [string, string][] =>
        path === undefined || path === '' ? [] : [[output, path]],
      ),
    ),
  );
  for (const one of order) {
    const { name, values: task } = one;
    if (task.script === undefined && task.step !== undefined && !Object.hasOwn(STEPS, task.step)) {
      const known = Object.keys(STEPS);
      const hint = didYouMean(task.step, known) ?? `there are ${known.join(', ')}`;
      problem(`tasks.${name}.step`, `there is no step "${task.step}"`, hint);
    } else checkStep(one, values.version ?? '0', outputs, problem);
    for (const [output, path] of Object.entries(task.outputs)) {
      if (path === undefined || path === '') continue;
      const owner = owners.get(output);
      owners.set(output, name);
      if (owner !== undefined) {
        const message = `two tasks own the output "${output}": ${owner} and ${name}`;
        // One of them may be of the standard pipeline, which no file has.
        const written = `tasks.${owner}.outputs.${output}`;
        problem(
          placeOf(written) === undefined ? `tasks.${name}.outputs.${output}` : written,
          message,
          'give one of them another name, or an empty path',
        );
      }
    }
    for (const one of task.deps) {
      const known = [
        ...BUILTIN,
        ...Object.keys(values.variables),
        ...Object.keys(values.functions),
        ...Object.keys(values.volatile),
      ];
      if (!known.includes(one)) {
        problem(
          `tasks.${name}.deps`,
          `there is no variable or function "${one}"`,
          didYouMean(one, known),
        );
      }
    }
  }
}

function checkFormats(
  { values }: PackageDeclaration,
  formats: readonly string[],
  problem: Report,
): void {
  const known = Object.values(values.tasks).flatMap(({ format }) => format ?? []);
  for (const format of formats) {
    if (known.includes(format)) continue;
    const hint = didYouMean(format, known) ?? `there are ${known.join(', ')}`;
    problem('formats', `no task writes the format "${format}"`, hint);
  }
}

/** References in values of variables that lead nowhere, or in a circle: told once, whatever reaches them. */
function checkValues(declaration: PackageDeclaration, problem: Report): void {
  const scope = scopeOf(declaration, { root: '' });
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') {
      const chain = [...path.slice(path.indexOf(name)), name];
      problem(`variables.${name}`, `the value of ${name} is made of itself: ${chain.join(' → ')}`);
      return;
    }
    state.set(name, 'open');
    path.push(name);
    for (const broken of brokenIn(scope.variables.get(name)!.value)) {
      problem(
        `variables.${name}`,
        `in the value of ${name}, ${broken} is no choice`,
        'a choice is ${LIST?word:yes:no}, with no : { } in its parts; write $${…} for text that is to stay as it is',
      );
    }
    for (const piece of piecesOf(scope.variables.get(name)!.value)) {
      if (piece.kind === 'text') continue;
      if (scope.variables.has(piece.name)) visit(piece.name);
      else {
        const hint =
          didYouMean(piece.name, scope.variables.keys()) ??
          'write $${…} for text that is to stay as it is';
        problem(
          `variables.${name}`,
          `the value of ${name} refers to ${piece.name}, which is not set`,
          hint,
        );
      }
    }
    path.pop();
    state.set(name, 'done');
  };
  for (const name of scope.variables.keys()) visit(name);
}

/** Nothing puts a value in the place of `$NAME` in a value: a program would get it as it is, and make half of it. */
function checkPlainNames(declaration: PackageDeclaration, out: Collector): void {
  const { variables } = scopeOf(declaration, { root: '' });
  const { values } = declaration;
  for (const property of ['variables', 'volatile'] as const) {
    for (const name of Object.keys(values[property])) {
      for (const other of plainNamesIn(variables.get(name)?.value ?? '')) {
        if (!variables.has(other)) continue;
        out.add(
          warning({
            code: 'package/plain-reference',
            message: `the value of ${name} has $${other} in it, which stays as it is`,
            at: placeOf(declaration, `${property}.${name}`),
            hint: `write \${${other}} for its value, or $$${other} where whoever reads it, such as make, wants a dollar`,
          }),
        );
      }
    }
  }
}

/** What a package makes is none of what it is made of: it would be another one after every build. */
function checkSources(declaration: PackageDeclaration, problem: Report): void {
  const made = [
    deployedPath('', declaration),
    ...subpackagesOf(declaration).map(({ name }) => archivesPath('', name)),
  ].map((directory) => `${directory}/`);
  for (const [name, files] of declaration.files) {
    const own = files.find((file) => made.some((place) => file.startsWith(place)));
    if (own === undefined) continue;
    problem(
      `sources.${name}.files`,
      `${own} is made by this package, and cannot be a source of it`,
      'name the files more narrowly',
    );
  }
}

/** Nothing that counts may say where this checkout is: no other would have the same keys. */
function checkWorkspace({ values }: PackageDeclaration, directory: string, problem: Report): void {
  const look = (property: string, what: string, text: string | undefined): void => {
    if (text === undefined || !text.includes(directory)) return;
    const message = `${what} contains the path of the tree, ${directory}`;
    problem(
      property,
      message,
      'name files relative to the tree, as sources; keys must be the same everywhere',
    );
  };
  for (const [name, value] of Object.entries(values.variables)) {
    look(`variables.${name}`, `the variable ${name}`, value);
  }
  for (const [name, body] of Object.entries(values.functions)) {
    look(`functions.${name}`, `the function ${name}`, body);
  }
  for (const [name, { script, prepend, append }] of Object.entries(values.tasks)) {
    look(`tasks.${name}.script`, `the script of ${name}`, script);
    for (const text of prepend) look(`tasks.${name}.prepend`, `a script of ${name}`, text);
    for (const text of append) look(`tasks.${name}.append`, `a script of ${name}`, text);
  }
}

function readRequires(
  declaration: PackageDeclaration,
  property: 'requires' | 'build_requires',
  out: Collector,
): readonly Require[] {
  const byName = new Map<string, Require>();
  const at = placeOf(declaration, property);
  for (const text of declaration.values[property]) {
    const colon = text.indexOf(':');
    const name = colon === -1 ? text : text.slice(0, colon);
    const spelled = colon === -1 ? null : text.slice(colon + 1);
    const variant = spelled === 'default' ? null : spelled;
    const require = { name, variant, plain: colon === -1, at };
    const earlier = byName.get(name);
    if (earlier !== undefined && earlier.variant !== variant && !earlier.plain && !require.plain) {
      out.add(
        definitionError({
          code: 'requires/two-variants',
          message: `${name} is required in ${describeVariant(earlier.variant)} and in ${describeVariant(variant)}`,
          at,
          hint: 'a package can be there in one variant only; keep one of the two',
        }),
      );
    } else if (earlier === undefined || earlier.plain) byName.set(name, require);
  }
  return [...byName.values()].sort(compareVariants);
}

/** Sources that are fetched, read as those of a buildinfo.json are, and with the same messages. */
function readSources(
  declaration: PackageDeclaration,
  directory: string,
  mirrors: readonly string[],
  out: Collector,
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const name of Object.keys(declaration.values.sources).sort()) {
    const values = declaration.values.sources[name]!;
    const at = placeOf(declaration, `sources.${name}`);
    const given = [values.url, values.git].filter((text) => text !== '').length;
    if (given + Number(values.files.length > 0) !== 1) {
      out.add(
        definitionError({
          code: 'source/kind',
          message: `the source "${name}" must have one of url, git and files`,
          at,
        }),
      );
    } else if (given === 1) {
      const node = sourceNode(declaration, name, values, at);
      const source = readSource(node, { name, directory, mirrors }, out);
      if (source !== undefined) sources.set(name, source);
    }
  }
  return sources;
}

function sourceNode(
  declaration: PackageDeclaration,
  name: string,
  values: SourceValues,
  at: Span,
): JsonNode {
  const member = (key: string, value: string): JsonMember[] => {
    if (value === '') return [];
    const place = placeOf(declaration, `sources.${name}.${key}`);
    return [{ key, keyAt: place, value: { kind: 'string', value, at: place } }];
  };
  const kind = values.git === '' ? (values.extract === false ? 'url' : 'url_extract') : 'git';
  const members = [
    ...member('kind', kind),
    ...member('url', values.url),
    ...member('sha1', values.sha1),
    ...member('sha256', values.sha256),
    ...member('sha512', values.sha512),
    ...member('git', values.git),
    ...member('ref', values.ref),
    ...(kind === 'git' ? member('ref_origin', values.ref_origin || 'HEAD') : []),
  ];
  return { kind: 'object', at, members };
}
