// The module graph that a query is asked of: the tree read, its mutators run.
import { relative, resolve } from 'node:path';
import { failed, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { Engine } from '../../blueprint/phase/engine.ts';
import { diskFiles } from '../../blueprint/glob/filesystem.ts';
import { readList } from '../../blueprint/phase/list.ts';
import { withOwnPlaces } from '../../bootstrap/panic.ts';
import { loadLogic } from '../blueprint/logic.ts';
import { isUsers } from '../blueprint/logicerror.ts';

/** Where the modules are, and what their types mean. */
export interface TreeRequest {
  readonly cwd: string;
  readonly source: string;
  readonly root?: string | undefined;
  readonly list?: string | undefined;
  readonly logic?: string | undefined;
  readonly ignoreUnknownTypes: boolean;
}

/** An engine whose mutators have run. Error codes: those of its phases, `logic/…`, `fs/…`. */
export async function openEngine(
  request: TreeRequest,
  recordOrigins: boolean,
): Promise<Result<{ engine: Engine; warnings: readonly Diagnostic[] }>> {
  const { cwd, root, list, ignoreUnknownTypes: ignoreUnknownModuleTypes } = request;
  const source = resolve(cwd, request.source);
  const loaded = await loadLogic(cwd, request.logic, 'out');
  if (!loaded.ok) return loaded;
  const files = diskFiles(source);
  const listed =
    list === undefined ? undefined : readList(files, relative(source, resolve(cwd, list)));
  if (listed !== undefined && !listed.ok) return listed;
  const { logic, config } = loaded.value;
  const options = { files, root, list: listed?.value, config, ignoreUnknownModuleTypes };
  const engine = new Engine({ ...options, recordOrigins, debug: true }, ...logic);
  const warnings: Diagnostic[] = [];
  for (const phase of ['parse', 'resolve'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.some(({ severity }) => severity === 'error')) {
      return failed(...diagnostics.map((one) => withOwnPlaces(one, isUsers)));
    }
    warnings.push(...diagnostics);
  }
  return ok({ engine, warnings });
}
