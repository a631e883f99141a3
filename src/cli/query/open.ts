// The module graph that a query is asked of: the tree read, its mutators run. Of large trees the graph is kept in the
// store, and used again for as long as it is that of the tree.
import { takeCourse } from '../../base/course.ts';
import { join, relative, resolve } from 'node:path';
import { failed, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { canonicalJson, digestOf } from '../../base/digest.ts';
import { Engine, type EngineOptions } from '../../blueprint/phase/engine.ts';
import { diskFiles } from '../../blueprint/glob/filesystem.ts';
import type { Logic } from '../../blueprint/module/logic.ts';
import { readList } from '../../blueprint/phase/list.ts';
import { findVariants } from '../../blueprint/query/find.ts';
import { moduleGraph, type ModuleGraph } from '../../blueprint/query/graph.ts';
import { analysePart } from '../../blueprint/query/part.ts';
import { readGraph, saveGraph, unpackGraph, type SavedPlace } from '../../blueprint/query/saved.ts';
import { withOwnPlaces } from '../../bootstrap/panic.ts';
import { storeRoot } from '../../cache/store.ts';
import { loadLogic } from '../blueprint/logic.ts';
import { isUsers } from '../blueprint/ashlarimport.ts';

/** Where the modules are, and what their types mean. */
export interface TreeRequest {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly source: string;
  readonly root?: string | undefined;
  readonly list?: string | undefined;
  readonly logic?: string | undefined;
  readonly ignoreUnknownTypes: boolean;
}

export interface Opened<T> {
  readonly value: T;
  readonly warnings: readonly Diagnostic[];
}

/** Trees of fewer modules are analysed as quickly as a graph is read. */
const SAVED_FROM = 1_000;

/** The graph of the tree. Error codes: those of the engine's phases, `logic/…`, `fs/…`. */
export async function openGraph(request: TreeRequest): Promise<Result<Opened<ModuleGraph>>> {
  const opening = await beginOpening(request);
  if (!opening.ok) return opening;
  const { place } = opening.value;
  const saved = place && readGraph(place);
  takeCourse(saved === undefined ? 'graph made' : 'graph saved');
  if (saved !== undefined) return ok({ value: unpackGraph(saved), warnings: [] });
  const analysed = analyse(opening.value, false);
  if (!analysed.ok) return analysed;
  const { value: engine, warnings } = analysed.value;
  const graph = moduleGraph(engine.graph);
  save(opening.value, analysed.value, graph);
  return ok({ value: graph, warnings });
}

/**
 * An engine that knows how the properties of a module came to be; of the rest of the tree it may know only what
 * the module looks at. Error codes: those of `openGraph`, `query/…` where there is no such module.
 */
export async function openModule(
  request: TreeRequest,
  word: string,
): Promise<Result<Opened<Engine>>> {
  const opening = await beginOpening(request);
  if (!opening.ok) return opening;
  const { place, options, logic } = opening.value;
  const saved = place && readGraph(place);
  if (saved !== undefined) {
    const graph = unpackGraph(saved);
    const found = findVariants(graph, [word]);
    if (!found.ok) return found;
    const module = graph.variants.module[found.value[0]!]!;
    const engine = analysePart(saved, module, { ...options, recordOrigins: true }, logic);
    if (engine !== undefined) return ok({ value: engine, warnings: [] });
  }
  const analysed = analyse(opening.value, true);
  if (analysed.ok) save(opening.value, analysed.value);
  return analysed;
}

interface Opening {
  readonly options: EngineOptions;
  readonly logic: readonly Logic[];
  /** Relative to the source root. */
  readonly listFile: string | undefined;
  /** Where the graph may be kept; undefined where there is no place. */
  readonly place: SavedPlace | undefined;
  readonly takenAt: number;
}

async function beginOpening(request: TreeRequest): Promise<Result<Opening>> {
  const takenAt = Date.now();
  const { cwd, env, root, list, ignoreUnknownTypes: ignoreUnknownModuleTypes } = request;
  const source = resolve(cwd, request.source);
  const loaded = await loadLogic(cwd, request.logic, 'out');
  if (!loaded.ok) return loaded;
  const files = diskFiles(source);
  const listFile = list === undefined ? undefined : relative(source, resolve(cwd, list));
  const listed = listFile === undefined ? undefined : readList(files, listFile);
  if (listed !== undefined && !listed.ok) return listed;
  const { logic, config, version } = loaded.value;
  const asked = {
    source,
    root,
    listFile,
    logic: request.logic === undefined ? undefined : resolve(cwd, request.logic),
    ignoreUnknownModuleTypes,
  };
  const store = storeRoot(env);
  const name = digestOf(canonicalJson(asked)).hash.slice(0, 32);
  const key = canonicalJson({ ...asked, version, config, node: process.versions.v8 });
  const place = store.ok
    ? { path: join(store.value, 'query', name), key: digestOf(key).hash, files, root: source }
    : undefined;
  const options = { files, root, list: listed?.value, config, ignoreUnknownModuleTypes };
  return ok({ options: { ...options, debug: true }, logic, listFile, place, takenAt });
}

function analyse({ options, logic }: Opening, recordOrigins: boolean): Result<Opened<Engine>> {
  const engine = new Engine({ ...options, recordOrigins }, ...logic);
  const warnings: Diagnostic[] = [];
  for (const phase of ['parse', 'resolve'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.some(({ severity }) => severity === 'error')) {
      return failed(...diagnostics.map((one) => withOwnPlaces(one, isUsers)));
    }
    warnings.push(...diagnostics);
  }
  return ok({ value: engine, warnings });
}

/** Keeps the graph of a large tree. */
function save(
  { place, listFile, takenAt }: Opening,
  { value: engine, warnings }: Opened<Engine>,
  graph?: ModuleGraph,
): void {
  // Warnings are told each time.
  if (place === undefined || warnings.length > 0) return;
  if (engine.graph.groups.length < SAVED_FROM) return;
  const shared = listFile === undefined ? [] : [listFile];
  saveGraph(place, engine, graph ?? moduleGraph(engine.graph), { takenAt, shared });
}
