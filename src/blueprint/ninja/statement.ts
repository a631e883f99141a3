// From what build logic asks for to a build statement: texts parsed, arguments and paths checked.
// Knows nothing of the manifest it goes to.
import { PLAIN_PATH } from './escape.ts';
import { checkFlag, checkParameters, checkTextParam, NinjaError, shownKind } from './name.ts';
import { parseText, within } from './text.ts';
import type { DependencyFile, NinjaText, Rule, Variable } from './entity.ts';
import { checkDeps, dependencyFileOf, joinTexts, parseList } from './rule.ts';
import type { Scope } from './scope.ts';

/** A build statement as build logic asks for it. Texts are Ninja strings. */
export interface BuildParameters {
  readonly rule: Rule;
  readonly outputs: readonly string[];
  /** Made by the command, but not `$out`. */
  readonly implicitOutputs?: readonly string[] | undefined;
  readonly inputs?: readonly string[] | undefined;
  /** Read by the command, but not `$in`. */
  readonly implicits?: readonly string[] | undefined;
  /** Made before the command runs; a change alone does not run it again. */
  readonly orderOnly?: readonly string[] | undefined;
  /** Built too whenever the outputs are; the command does not wait for them. Needs Ninja 1.11. */
  readonly validations?: readonly string[] | undefined;
  /** Values of the rule's arguments. */
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Not built unless asked for. */
  readonly optional?: boolean | undefined;
  /** Written above the statement. */
  readonly comment?: string | undefined;
  readonly depfile?: string | undefined;
  readonly deps?: 'gcc' | 'msvc' | undefined;
  readonly description?: string | undefined;
  /** One of the inputs, in which Ninja finds further inputs and outputs while it builds. Needs Ninja 1.10. */
  readonly dyndep?: string | undefined;
  readonly symlinkOutputs?: readonly string[] | undefined;
}

const PARAMETERS: readonly (keyof BuildParameters)[] = [
  'rule',
  'outputs',
  'implicitOutputs',
  'inputs',
  'implicits',
  'orderOnly',
  'validations',
  'args',
  'optional',
  'comment',
  'depfile',
  'deps',
  'description',
  'dyndep',
  'symlinkOutputs',
];

const NONE: readonly never[] = [];

export interface BuildStatement {
  readonly comment: string;
  readonly rule: Rule;
  readonly outputs: readonly NinjaText[];
  readonly implicitOutputs: readonly NinjaText[];
  readonly inputs: readonly NinjaText[];
  readonly implicits: readonly NinjaText[];
  readonly orderOnly: readonly NinjaText[];
  readonly validations: readonly NinjaText[];
  readonly optional: boolean;
  /** Whether all its paths are written as they are; see `PLAIN_PATH`. */
  readonly plain: boolean;
  /** Ninja's own variables, sorted by name. */
  readonly variables: readonly (readonly [string, NinjaText])[];
  readonly args: readonly (readonly [Variable, NinjaText])[];
}

/** Parses a statement in the scope it is made in. Throws NinjaError. */
export function parseStatement(parameters: BuildParameters, scope: Scope): BuildStatement {
  checkParameters('a build statement', parameters, PARAMETERS);
  const { rule, comment = '', optional = false } = parameters;
  if (!isRule(rule)) throw new NinjaError(`expected a rule, found ${shownKind(rule)}`);
  if (!scope.seesRule(rule)) {
    throw new NinjaError(`Rule ${rule.name} is not visible in this scope`);
  }
  if (isEmpty(parameters.outputs ?? NONE)) throw new NinjaError('Outputs param has no elements');
  checkFlag('Optional', parameters.optional);
  checkTextParam('Comment', parameters.comment);
  const known = rule.kind === 'builtin rule' ? NO_DEPENDENCY_FILE : rule.dependencyFile;
  if (known !== undefined) checkDependencyFile(rule.name, known, dependencyFileOf(parameters));
  const plain =
    arePlain(parameters.outputs) &&
    arePlain(parameters.implicitOutputs) &&
    arePlain(parameters.inputs) &&
    arePlain(parameters.implicits) &&
    arePlain(parameters.orderOnly) &&
    arePlain(parameters.validations);
  const paths = plain ? copied : parsed;
  return {
    comment,
    rule,
    plain,
    outputs: paths('Outputs', parameters.outputs, scope),
    implicitOutputs: paths('ImplicitOutputs', parameters.implicitOutputs, scope),
    inputs: paths('Inputs', parameters.inputs, scope),
    implicits: paths('Implicits', parameters.implicits, scope),
    orderOnly: paths('OrderOnly', parameters.orderOnly, scope),
    validations: paths('Validations', parameters.validations, scope),
    optional,
    variables: variables(parameters, scope),
    args: args(parameters, scope),
  };
}

const NO_DEPENDENCY_FILE: DependencyFile = { deps: undefined, depfile: false };

/** Throws NinjaError where Ninja would look for dependencies in a file that nobody named. */
export function checkDependencyFile(
  rule: string,
  ofRule: DependencyFile,
  own: DependencyFile,
): void {
  if ((own.deps ?? ofRule.deps) !== 'gcc' || ofRule.depfile || own.depfile) return;
  throw new NinjaError(
    own.deps === undefined
      ? `the Deps param of rule ${rule} is gcc, but neither the rule nor its statement has a Depfile param`
      : 'the Deps param is gcc, but there is no Depfile param',
  );
}

function isRule(given: unknown): given is Rule {
  const kind = (given as Partial<Rule> | null)?.kind;
  return kind === 'package rule' || kind === 'local rule' || kind === 'builtin rule';
}

/** What no version of Ninja can read in a path: it has no escape for any of these. */
const UNWRITABLE = /[\n\r\0]/;

function arePlain(texts: readonly string[] = NONE): boolean {
  // What is no list, or holds what is no text, is found where paths are parsed.
  if (!Array.isArray(texts)) return false;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as unknown;
    if (typeof text !== 'string' || !PLAIN_PATH.test(text)) return false;
  }
  return true;
}

/** Of what may be no list. */
function isEmpty(texts: readonly string[]): boolean {
  return Array.isArray(texts) && texts.length === 0;
}

function copied(_param: string, texts: readonly string[] = NONE): readonly NinjaText[] {
  return texts.length === 0 ? NONE : texts.slice();
}

function parsed(
  param: string,
  texts: readonly string[] | undefined,
  scope: Scope,
): readonly NinjaText[] {
  if (texts === undefined || isEmpty(texts)) return NONE;
  const given: readonly unknown[] = Array.isArray(texts) ? texts : NONE;
  for (let index = 0; index < given.length; index++) {
    const text = given[index];
    // Most of all, `undefined` must not be taken for a path.
    if (typeof text !== 'string') continue;
    if (text === '' || UNWRITABLE.test(text)) throw unwritable(param, index, text);
  }
  return parseList(param, texts, scope);
}

function unwritable(param: string, index: number, text: string): NinjaError {
  const what = text === '' ? 'an empty path' : `a line break or NUL in ${JSON.stringify(text)}`;
  return new NinjaError(
    `error parsing ${param} param: error parsing element ${index}: Ninja cannot read ${what}`,
  );
}

function variables(parameters: BuildParameters, scope: Scope): BuildStatement['variables'] {
  const { depfile, deps, description, dyndep, symlinkOutputs } = parameters;
  if (
    depfile === undefined &&
    deps === undefined &&
    description === undefined &&
    dyndep === undefined &&
    symlinkOutputs === undefined
  ) {
    return NONE;
  }
  const found: [string, NinjaText][] = [];
  const add = (param: string, name: string, text: string | undefined): void => {
    if (text === undefined || text === '') return;
    found.push([name, within(`error parsing ${param} param`, () => parseText(text, scope))]);
  };
  add('Depfile', 'depfile', depfile);
  if (deps !== undefined) checkDeps(deps);
  add('Deps', 'deps', deps);
  add('Description', 'description', description);
  add('Dyndep', 'dyndep', dyndep);
  const links = parseList('SymlinkOutputs', symlinkOutputs, scope);
  if (links.length > 0) found.push(['symlink_outputs', joinTexts(links)]);
  return found;
}

function args(parameters: BuildParameters, scope: Scope): BuildStatement['args'] {
  const { args: given, rule } = parameters;
  if (given === undefined) return NONE;
  if (typeof given !== 'object' || given === null) {
    throw new NinjaError(`expected the values of arguments, found ${shownKind(given)}`);
  }
  const parsed: (readonly [Variable, NinjaText])[] = [];
  for (const name in given) {
    if (!rule.arguments.includes(name)) {
      throw new NinjaError(`unknown argument ${JSON.stringify(name)}`);
    }
    const value = given[name]!;
    const text =
      typeof value !== 'string' || value.includes('$')
        ? within(`error parsing variable ${JSON.stringify(name)}`, () => parseText(value, scope))
        : value;
    parsed.push([rule.argument(name), text]);
  }
  return parsed;
}
