// Ends a run: the manifest is written, if it changed, and the state for the next run is made.
import { byCodePoint } from '../../base/digest.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { moduleOfOwner } from '../module/prefix.ts';
import { sharedNames } from '../ninja/names.ts';
import type { Group } from '../module/variant.ts';
import { assemble, type AssembleInput, type Assembled, type Entry } from './assemble.ts';
import { recordCollected, type CollectedRecord } from './collect.ts';
import { ContentDigests } from './content.ts';
import type { Engine } from './engine.ts';
import { headerText, reachedBy, recordEntities, type EntityRecord } from './header.ts';
import { groupsByName, settingsOf } from './manifest.ts';
import { ChangedFile } from './output.ts';
import { patch, standIns } from './patch.ts';
import type { NotPartial, Part } from './partial.ts';
import type { Prepared } from './prepare.ts';
import { indexOfText, textAt, textCount, unpackTexts } from './column.ts';
import { mergeLooks, packLooks, recordLooks, saysTheSame, type GlobLook } from './looks.ts';
import { recordFiles, updateFiles } from './record.ts';
import { assembleShown, patchShown } from './shown.ts';
import { stampOf } from './stamp.ts';
import type { Stamper } from './stamper.ts';
import type { State } from './state.ts';

export interface FinishTarget {
  readonly output: string;
  readonly key: string;
  readonly takenAt: number;
  readonly files: FileSystem;
  readonly stamper: Stamper;
  /** Is told what all globs matched, before the manifest is written; not where that is what it was. */
  readonly beforeManifest: (globs: readonly GlobLook[]) => void;
}

export interface Finished {
  readonly state: Omit<State, 'format'>;
  /** Whether the manifest is another now. */
  readonly changed: boolean;
}

/** After a run over the whole tree. */
export function finishWhole(engine: Engine, target: FinishTarget): Finished {
  const { graph } = engine;
  const prepared = engine.ready();
  const tree = engine.tree!;
  const { stamper } = target;
  const entries = groupsByName(graph);
  const indexes = new Map(entries.map((group, index): [Group, number] => [group, index]));
  const files = recordFiles(tree, stamper);
  const fileIndexes = new Map(tree.files.map(({ path }, index): [string, number] => [path, index]));
  const input: AssembleInput = {
    entries,
    graph,
    contents: new ContentDigests(graph),
    arena: prepared.arena,
    outputs: prepared.outputs,
    old: undefined,
    entityList: (list) => list,
    fileIndex: (path) => fileIndexes.get(path)!,
  };
  const { live, names, entityLists } = prepared;
  const entities = recordEntities(live, names);
  const { globs: ofModules, watched } = recordLooks(
    graph,
    (group) => indexes.get(group),
    target.files,
  );
  const ofTree = tree.globs.map((look): GlobLook => ({ ...look, modules: undefined, tree: true }));
  const globs = [...ofTree, ...ofModules];
  target.beforeManifest(globs);
  const contents = { entities, lists: entityLists };
  const reached = reachedIn(prepared, input, contents);
  const { assembled, changed } = writeOut(target, prepared, input, { ...contents, reached });
  return {
    changed,
    state: {
      key: target.key,
      takenAt: target.takenAt,
      files,
      ...assembled,
      shown: assembleShown(entries, graph, engine.registry, undefined),
      entities,
      entityLists,
      ...packLooks({ globs, watched }, stamper),
      collected: recordCollected(graph),
      manifest: {
        stamp: stampOf(target.output),
        shared: [...prepared.shared],
        whole: wholeReason(engine),
        prefixes: prepared.prefixes.owners,
        outputs: Int32Array.from(prepared.outputs.marksOf(undefined)),
      },
    },
  };
}

/** Why the next run cannot leave out any module. */
function wholeReason(engine: Engine): string | undefined {
  const { visitsModules, prefixes } = engine.ready();
  if (visitsModules) return 'a singleton visits all modules';
  if (prefixes.clashed) return 'local names clash';
  if (!engine.simpleNames) return 'modules have name spaces';
  return undefined;
}

/** After a run over a part of it. `state` has the stamps of now. Gives up where that is not the whole truth. */
export function finishPart(state: State, part: Part, target: FinishTarget): Finished | NotPartial {
  const { engine, replaced, groups } = part;
  const { stamper } = target;
  const prepared = engine.ready();
  const inPlace = standIns(state, replaced, groups);
  const entries = inPlace === undefined ? mergeEntries(state, replaced, groups) : [];
  const merged = mergeEntities(state, prepared);
  const input: AssembleInput = {
    entries,
    graph: engine.graph,
    contents: part.contents,
    arena: prepared.arena,
    outputs: prepared.outputs,
    old: state,
    entityList: merged.listOf,
    fileIndex: (path) => indexOfText(state.files.path, path),
  };
  const contents = { entities: merged.entities, lists: merged.lists, state, replaced, inPlace };
  const reached = reachedIn(prepared, input, contents);
  if (sharesLess(state, merged.entities, reached)) {
    return { whole: 'packages no longer share a name' };
  }
  const { moved, indexOf } = newIndexes(state, entries, inPlace);
  const now = recordLooks(engine.graph, indexOf, target.files);
  let { globs, directories, watched } = state;
  if (inPlace === undefined || !saysTheSame(state, inPlace, now)) {
    const merged = mergeLooks(state, moved, now);
    target.beforeManifest(merged.globs);
    ({ globs, directories, watched } = packLooks(merged, stamper));
  }
  const { assembled, changed } = writeOut(target, prepared, input, { ...contents, reached });
  const { graph, registry } = engine;
  const shown =
    inPlace === undefined
      ? assembleShown(entries, graph, registry, state)
      : patchShown(state, inPlace, graph, registry);
  const names = new Set([...replaced].map((index) => textAt(state.modules.name, index)));
  return {
    changed,
    state: {
      key: target.key,
      takenAt: target.takenAt,
      files: updateFiles(state.files, part.changedFiles),
      ...assembled,
      shown,
      entities: merged.entities,
      entityLists: merged.lists,
      globs,
      directories,
      watched,
      collected: mergeCollected(state.collected, names, groups, recordCollected(engine.graph)),
      manifest: {
        stamp: stampOf(target.output),
        shared: state.manifest.shared,
        whole: state.manifest.whole,
        prefixes: mergePrefixes(state.manifest.prefixes, names, prepared.prefixes.owners),
        outputs: Int32Array.from(prepared.outputs.marksOf(undefined)),
      },
    },
  };
}

/** Where modules are now: those of the state by their index there, those of this run. */
function newIndexes(
  state: State,
  entries: readonly Entry[],
  inPlace: ReadonlyMap<number, Group> | undefined,
): { moved: (index: number) => number; indexOf: (group: Group) => number | undefined } {
  const indexes = new Map<Group, number>();
  if (inPlace !== undefined) {
    for (const [index, group] of inPlace) indexes.set(group, index);
    const moved = (index: number): number => (inPlace.has(index) ? -1 : index);
    return { moved, indexOf: (group) => indexes.get(group) };
  }
  const moved = new Int32Array(textCount(state.modules.name)).fill(-1);
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    if (typeof entry === 'number') moved[entry] = index;
    else indexes.set(entry, index);
  }
  return { moved: (index) => moved[index]!, indexOf: (group) => indexes.get(group) };
}

interface Contents {
  readonly entities: readonly EntityRecord[];
  readonly lists: readonly (readonly number[])[];
  /** Entities that the manifest defines. */
  readonly reached: ReadonlySet<number>;
  /** What of an earlier run is kept: all but these modules. */
  readonly state?: State;
  readonly replaced?: ReadonlySet<number>;
  /** The modules that stand in for them one by one, if they do. */
  readonly inPlace?: ReadonlyMap<number, Group> | undefined;
}

/** What of the entities is used by anything that the manifest will have. */
function reachedIn(
  { singletons, settingEntities, live, names }: Prepared,
  input: AssembleInput,
  contents: Omit<Contents, 'reached'>,
): ReadonlySet<number> {
  const { entities, lists } = contents;
  const used = usedLists(input, contents);
  for (const { entities: list } of singletons) used.add(input.entityList(list));
  const settings = mapSettings(settingEntities, { live, names }, entities);
  return reachedBy([...[...used].map((list) => lists[list]!), settings], entities);
}

/** Whether packages that shared a name no longer do: then the one that is left has it for itself. */
function sharesLess(
  { manifest }: State,
  entities: readonly EntityRecord[],
  reached: ReadonlySet<number>,
): boolean {
  if (manifest.shared.length === 0) return false;
  const owners = new Map<string, EntityRecord['owner']>();
  for (const [id, { owner }] of entities.entries())
    if (reached.has(id)) owners.set(owner.path, owner);
  return sharedNames(owners.values()).size < manifest.shared.length;
}

/** Writes header, modules and singletons. On any failure the old manifest stays. */
function writeOut(
  target: FinishTarget,
  prepared: Prepared,
  input: AssembleInput,
  contents: Contents,
): { assembled: Assembled; changed: boolean } {
  const { singletons, arena, names } = prepared;
  const { entities, reached, state, inPlace } = contents;
  const output = new ChangedFile(target.output);
  try {
    output.write(Buffer.from(headerText(entities, reached, settingsOf(prepared), names)));
    const assembled =
      state !== undefined && inPlace !== undefined
        ? patch(state, inPlace, input, output)
        : assemble(input, output);
    for (const { text } of singletons) output.write(arena.get(text));
    return { assembled, changed: output.finish() };
  } catch (error) {
    output.abandon();
    throw error;
  }
}

/** Lists of entities that the modules of a manifest refer to. */
function usedLists(
  { graph, entityList }: AssembleInput,
  { state, replaced }: Omit<Contents, 'reached'>,
): Set<number> {
  const used = new Set<number>();
  if (state !== undefined) {
    const { modules, variants } = state;
    const uses = variants.uses.slice();
    for (const index of replaced ?? []) {
      for (let at = modules.variants[index]!; at < modules.variants[index + 1]!; at++) {
        const list = variants.entities[at]!;
        if (list !== -1) uses[list]!--;
      }
    }
    for (let list = 0; list < uses.length; list++) if (uses[list]! > 0) used.add(list);
  }
  // Of a part of the tree some modules were only looked at: what they use is used anyway.
  for (const { entities } of graph.order) if (entities !== -1) used.add(entityList(entities));
  return used;
}

/** Ids of this run as indexes among the records, which may have those of an earlier one in front. */
function mapSettings(
  ids: readonly number[],
  { live, names }: Pick<Prepared, 'live' | 'names'>,
  entities: readonly EntityRecord[],
): number[] {
  const own = recordEntities(live, names);
  return ids.map((id) =>
    id < 0 ? id : entities.findIndex(({ kind, name }) => isEntity(own[id]!, kind, name)),
  );
}

function isEntity(record: EntityRecord, kind: EntityRecord['kind'], name: string): boolean {
  return record.kind === kind && record.name === name;
}

/** Modules that stay and modules of this run, by name. */
function mergeEntries(
  { modules }: State,
  replaced: ReadonlySet<number>,
  groups: readonly Group[],
): Entry[] {
  const added = [...groups].sort((a, b) => byCodePoint(a.name, b.name));
  const entries: Entry[] = [];
  let next = 0;
  for (const [index, name] of unpackTexts(modules.name).entries()) {
    if (replaced.has(index)) continue;
    while (next < added.length && byCodePoint(added[next]!.name, name) < 0) {
      entries.push(added[next++]!);
    }
    entries.push(index);
  }
  return [...entries, ...added.slice(next)];
}

/** The entities of the state, those of this run that are new, and this run's lists of them. */
function mergeEntities(
  state: State,
  { live, names, entityLists }: Prepared,
): {
  entities: EntityRecord[];
  lists: (readonly number[])[];
  listOf: (list: number) => number;
} {
  const entities = [...state.entities];
  const indexes = new Map(
    entities.map(({ kind, name }, index): [string, number] => [`${kind} ${name}`, index]),
  );
  const own = recordEntities(live, names);
  const mapped = own.map((record) => {
    const key = `${record.kind} ${record.name}`;
    const known = indexes.get(key);
    if (known !== undefined) return known;
    indexes.set(key, entities.length);
    return entities.push(record) - 1;
  });
  const mapId = (id: number): number => (id < 0 ? id : mapped[id]!);
  for (let index = state.entities.length; index < entities.length; index++) {
    const record = entities[index]!;
    entities[index] = { ...record, uses: record.uses.map(mapId) };
  }
  const lists = [...state.entityLists];
  const listIndexes = new Map(lists.map((list, index): [string, number] => [list.join(), index]));
  const mappedLists = entityLists.map((list) => {
    const ids = list.map(mapId).sort((a, b) => a - b);
    const known = listIndexes.get(ids.join());
    if (known !== undefined) return known;
    listIndexes.set(ids.join(), lists.length);
    return lists.push(ids) - 1;
  });
  return { entities, lists, listOf: (list) => mappedLists[list]! };
}

function mergeCollected(
  old: State['collected'],
  replaced: ReadonlySet<string>,
  groups: readonly Group[],
  now: State['collected'],
): State['collected'] {
  const fresh = new Set(groups.map(({ name }) => name));
  const merged: Record<string, CollectedRecord[]> = {};
  for (const provider of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const kept = (old[provider] ?? []).filter(({ module }) => !replaced.has(module));
    const added = (now[provider] ?? []).filter(({ module }) => fresh.has(module));
    merged[provider] = [...kept, ...added].sort((a, b) => byCodePoint(a.module, b.module));
  }
  return merged;
}

function mergePrefixes(
  old: ReadonlyMap<string, string>,
  replaced: ReadonlySet<string>,
  now: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const kept = [...old].filter(([, owner]) => {
    const module = moduleOfOwner(owner);
    return module !== undefined && !replaced.has(module);
  });
  return new Map([...kept, ...now]);
}
