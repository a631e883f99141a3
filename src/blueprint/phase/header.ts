// The head of a manifest: title, settings, and what is live of the packages. Entities come as records
// with their text, because some may be known from an earlier run only.
import { byCodePoint } from '../../base/digest.ts';
import { PIPE_VARIABLE } from '../ninja/escape.ts';
import { DYNDEP_ID, PIPE_ID, type LiveEntities, type LiveEntity } from '../ninja/live.ts';
import { poolName, ruleName, variableName, type PackageNames } from '../ninja/names.ts';
import { compareVersions } from '../module/single.ts';
import { NinjaWriter } from '../ninja/writer.ts';
import { titleComment } from './comment.ts';

/** A variable, rule or pool of a package, as it stands in the manifest. */
export interface EntityRecord {
  readonly kind: 'variable' | 'rule' | 'pool';
  readonly name: string;
  readonly text: string;
  /** Indexes of the entities that it names in turn. */
  readonly uses: readonly number[];
  readonly owner: OwnerRecord;
}

export interface OwnerRecord {
  readonly path: string;
  readonly shortName: string;
  readonly fileDependencies: readonly string[];
}

/** What build logic says about the manifest as a whole, as text. */
export interface HeaderSettings {
  readonly ninjaVersion: readonly [number, number, number];
  readonly subninjas: readonly string[];
  /** The value of `builddir`. */
  readonly buildDirectory: string | undefined;
}

/** The live entities of a run as records, at the indexes of their ids. */
export function recordEntities(live: LiveEntities, names: PackageNames): EntityRecord[] {
  const records: EntityRecord[] = [];
  const writer = new NinjaWriter(names);
  const add = (
    kind: EntityRecord['kind'],
    name: string,
    { entity, id, uses }: LiveEntity,
  ): void => {
    writer.blankLine();
    const { path, shortName, fileDependencies } = entity.owner;
    const owner = { path, shortName, fileDependencies: [...fileDependencies] };
    records[id] = { kind, name, text: writer.take(), uses, owner };
  };
  for (const variable of live.variables) {
    const name = variableName(variable.entity, names);
    writer.assign(name, writer.value(variable.definition));
    add('variable', name, variable);
  }
  for (const pool of live.pools) {
    const name = poolName(pool.entity, names);
    writer.pool(name, pool.definition);
    add('pool', name, pool);
  }
  for (const rule of live.rules) {
    const name = ruleName(rule.entity, names);
    writer.rule(name, rule.definition);
    add('rule', name, rule);
  }
  return records;
}

/** Ids that lists name, and all that those entities name in turn. */
export function reachedBy(
  lists: Iterable<readonly number[]>,
  records: readonly EntityRecord[],
): Set<number> {
  const reached = new Set<number>();
  const pending: number[] = [];
  for (const list of lists) pending.push(...list);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    if (id >= 0) pending.push(...records[id]!.uses);
  }
  return reached;
}

/** Older ones take the file for a mere input, and build without what it says. */
const DYNDEP_VERSION = [1, 10, 0] as const;

/** The text of everything above the first module. */
export function headerText(
  records: readonly EntityRecord[],
  reached: ReadonlySet<number>,
  settings: HeaderSettings,
  names: PackageNames,
): string {
  const writer = new NinjaWriter(names);
  const live = records.filter((_, id) => reached.has(id));
  writer.comment(titleComment(ownersOf(live), names));
  const asked = settings.ninjaVersion;
  const atLeast = reached.has(DYNDEP_ID) ? DYNDEP_VERSION : asked;
  const version = compareVersions(asked, atLeast) < 0 ? atLeast : asked;
  writer.assign('ninja_required_version', version.join('.'));
  writer.blankLine();
  for (const path of settings.subninjas) writer.subninja(path);
  if (settings.subninjas.length > 0) writer.blankLine();
  if (reached.has(PIPE_ID)) {
    writer.assign(PIPE_VARIABLE, '|');
    writer.blankLine();
  }
  const head = writer.take();
  if (settings.buildDirectory !== undefined) {
    writer.assign('builddir', settings.buildDirectory);
    writer.blankLine();
  }
  const textsOf = (kind: EntityRecord['kind']): string =>
    sortedByName(live.filter((record) => record.kind === kind))
      .map(({ text }) => text)
      .join('');
  return head + variablesText(live, records) + textsOf('pool') + writer.take() + textsOf('rule');
}

function ownersOf(records: readonly EntityRecord[]): Iterable<OwnerRecord> {
  const owners = new Map<string, OwnerRecord>();
  for (const { owner } of records) owners.set(owner.path, owner);
  return owners.values();
}

function sortedByName(records: readonly EntityRecord[]): EntityRecord[] {
  return records.toSorted((a, b) => byCodePoint(a.name, b.name));
}

/** By name, but each after those that its value refers to. */
function variablesText(live: readonly EntityRecord[], records: readonly EntityRecord[]): string {
  const pending = new Set(live.filter(({ kind }) => kind === 'variable'));
  let text = '';
  const write = (record: EntityRecord): void => {
    if (!pending.delete(record)) return;
    for (const id of record.uses) if (id >= 0) write(records[id]!);
    text += record.text;
  };
  for (const record of sortedByName([...pending])) write(record);
  return text;
}
