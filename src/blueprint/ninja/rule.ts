// From what build logic says about a rule to a definition: texts parsed, names checked. Knows nothing
// of statements that use it.
import {
  checkArgumentName,
  checkFlag,
  checkParameters,
  checkTextParam,
  NinjaError,
  shownKind,
} from './name.ts';
import { parseText, parseTexts, within } from './text.ts';
import type { DependencyFile, NinjaText, Pool, RuleDefinition } from './entity.ts';
import { ruleScope, type Scope } from './scope.ts';

/** A rule as build logic describes it. Texts are Ninja strings; `$in` and `$out` are known in them. */
export interface RuleParameters {
  /** What to run, through a shell. One line: a newline only continues it. */
  readonly command: string;
  /** Written above the rule. */
  readonly comment?: string | undefined;
  /** A Makefile fragment that the command writes, naming the files it read. */
  readonly depfile?: string | undefined;
  /** How Ninja takes over the dependency file, which `gcc` needs, or the command's own output. */
  readonly deps?: 'gcc' | 'msvc' | undefined;
  readonly description?: string | undefined;
  /** One of the inputs of each statement, in which Ninja finds further inputs and outputs. Needs Ninja 1.10. */
  readonly dyndep?: string | undefined;
  /** The command makes manifests: a changed command line alone does not run it again. */
  readonly generator?: boolean | undefined;
  readonly pool?: Pool | undefined;
  /** Outputs that the command leaves untouched count as unchanged. */
  readonly restat?: boolean | undefined;
  /** A file that holds `rspfileContent` while the command runs. */
  readonly rspfile?: string | undefined;
  readonly rspfileContent?: string | undefined;
  /** Outputs that are symbolic links. Only Android's own Ninja knows that; others refuse the rule. */
  readonly symlinkOutputs?: readonly string[] | undefined;
  /** Files that every statement of this rule depends on: the tools the command runs. */
  readonly commandDeps?: readonly string[] | undefined;
  /** The same, without running again when they change. */
  readonly commandOrderOnly?: readonly string[] | undefined;
}

const PARAMETERS: readonly (keyof RuleParameters)[] = [
  'command',
  'comment',
  'depfile',
  'deps',
  'description',
  'dyndep',
  'generator',
  'pool',
  'restat',
  'rspfile',
  'rspfileContent',
  'symlinkOutputs',
  'commandDeps',
  'commandOrderOnly',
];

/** Names of the rule's texts in messages and in the manifest, in the order of checking. */
const TEXTS = [
  ['Command', 'command', 'command'],
  ['Depfile', 'depfile', 'depfile'],
  ['Description', 'description', 'description'],
  ['Dyndep', 'dyndep', 'dyndep'],
  ['Rspfile', 'rspfile', 'rspfile'],
  ['RspfileContent', 'rspfileContent', 'rspfile_content'],
] as const;

/** Throws NinjaError for names that cannot be arguments, or repeat. */
export function checkArguments(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    within(`invalid argument name`, () => checkArgumentName(name));
    if (names.indexOf(name) !== index) {
      throw new NinjaError(`invalid argument name: ${JSON.stringify(name)} is given twice`);
    }
  }
}

/** Throws NinjaError for parameters that are wrong whatever their texts mean. */
export function checkRule(parameters: RuleParameters): void {
  checkParameters('a rule', parameters, PARAMETERS);
  const { pool, deps, command, comment, rspfile = '', rspfileContent = '' } = parameters;
  if (command === '' || (command as unknown) === undefined) {
    throw new NinjaError('encountered rule params with no command specified');
  }
  for (const [param, field] of TEXTS) checkTextParam(param, parameters[field]);
  checkTextParam('Comment', comment);
  checkFlag('Generator', parameters.generator);
  checkFlag('Restat', parameters.restat);
  if (pool !== undefined && !isPool(pool)) {
    throw new NinjaError(`expected a pool, found ${shownKind(pool)}`);
  }
  if (rspfile === '' && rspfileContent !== '') {
    throw new NinjaError('there is an RspfileContent param, but no Rspfile param');
  }
  if (rspfile !== '' && rspfileContent === '') {
    throw new NinjaError('there is an Rspfile param, but no RspfileContent param');
  }
  if (deps !== undefined) checkDeps(deps);
}

function isPool(given: unknown): boolean {
  const kind = (given as Partial<Pool> | null)?.kind;
  return kind === 'package pool' || kind === 'builtin pool';
}

/** Parses a rule in the scope it is defined in. Throws NinjaError. */
export function parseRule(
  parameters: RuleParameters,
  argumentNames: readonly string[],
  outer: Scope,
): RuleDefinition {
  checkRule(parameters);
  const scope = ruleScope(outer, argumentNames);
  const { pool, deps, comment = '' } = parameters;
  if (pool !== undefined && !outer.seesPool(pool)) {
    throw new NinjaError(`Pool ${pool.name} is not visible in this scope`);
  }
  const variables: [string, NinjaText][] = [];
  for (const [param, field, name] of TEXTS) {
    const text = parameters[field];
    if (text === undefined || text === '') continue;
    variables.push([name, within(`error parsing ${param} param`, () => parseText(text, scope))]);
  }
  if (deps !== undefined) variables.push(['deps', deps]);
  if (parameters.generator === true) variables.push(['generator', 'true']);
  if (parameters.restat === true) variables.push(['restat', 'true']);
  const links = parseList('SymlinkOutputs', parameters.symlinkOutputs, scope);
  if (links.length > 0) variables.push(['symlink_outputs', joinTexts(links)]);
  return {
    comment,
    pool,
    variables: variables.sort(([a], [b]) => (a < b ? -1 : 1)),
    commandDeps: parseList('CommandDeps', parameters.commandDeps, scope),
    commandOrderOnly: parseList('CommandOrderOnly', parameters.commandOrderOnly, scope),
  };
}

/** What parameters say of dependencies that the command finds. */
export function dependencyFileOf({
  deps,
  depfile = '',
}: Pick<RuleParameters, 'deps' | 'depfile'>): DependencyFile {
  return { deps, depfile: depfile !== '' };
}

/** Throws NinjaError for a way of taking dependencies over that Ninja does not have. */
export function checkDeps(deps: string): void {
  if (deps === 'gcc' || deps === 'msvc') return;
  throw new NinjaError(`the Deps param is gcc or msvc, not ${shownKind(deps)}`);
}

/** Parses a list of texts; messages name the list. */
export function parseList(
  param: string,
  texts: readonly string[] | undefined,
  scope: Scope,
): NinjaText[] {
  if (texts === undefined || (Array.isArray(texts) && texts.length === 0)) return [];
  return within(`error parsing ${param} param`, () => parseTexts(texts, scope));
}

/** Texts as one, with spaces between them. */
export function joinTexts(texts: readonly NinjaText[]): NinjaText {
  const pieces = [''];
  const variables = [];
  for (const [index, text] of texts.entries()) {
    const [first = '', ...rest] = typeof text === 'string' ? [text] : text.pieces;
    pieces.push(`${pieces.pop()!}${index === 0 ? '' : ' '}${first}`, ...rest);
    if (typeof text !== 'string') variables.push(...text.variables);
  }
  return variables.length === 0 ? pieces[0]! : { pieces, variables };
}
