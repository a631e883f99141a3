// Finished packages from a repository instead of a build: what `<id>.tar.xz` there holds is unpacked and
// must be the package it is named after. Nothing else about it can be checked: who names a repository
// trusts it, as pkgpanda did.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { removeTree, systemError } from '../base/fs.ts';
import { moveIntoStore, type Store } from '../cache/store.ts';
import { storeTree } from '../cache/tree.ts';
import type { Workspace } from '../cache/work.ts';
import { unpackArchive } from '../format/archive.ts';
import { loadPackage } from '../install/package.ts';
import type { Definition } from '../package/definition.ts';
import { download } from '../package/fetch/download.ts';
import type { Identity } from '../package/ids.ts';
import { ARCHIVE } from '../package/pipeline/archive.ts';
import { PACKAGE } from '../package/pipeline/build.ts';
import type { Pipeline } from '../package/pipeline/pipeline.ts';
import type { Substitute } from '../task/schedule.ts';
import type { OutputValue, Task, TaskResult } from '../task/task.ts';

export interface RepositoryOptions {
  /** http(s), file, or a directory; packages lie below `<url>/packages/<name>/`. */
  readonly url: string;
  readonly pipelines: ReadonlyMap<Definition, Pipeline>;
  readonly store: Store;
  readonly workspace: Workspace;
  readonly cwd: string;
  /** Told of packages that are there and cannot be used. */
  readonly onWarning: (diagnostic: Diagnostic) => void;
}

export function packageRepository(options: RepositoryOptions): Substitute {
  const wanted = new Map<Task, { identity: Identity; output: 'archive' | 'package' }>();
  for (const { identity, files, archives } of options.pipelines.values()) {
    // The archives of modules are one task's result among many: mirrors are the way to them.
    if (identity.definition.module !== undefined) continue;
    wanted.set(files!.task, { identity, output: PACKAGE });
    for (const { task } of archives) wanted.set(task, { identity, output: ARCHIVE });
  }
  return {
    offers: (task) => wanted.has(task),
    fetch: async (task, context): Promise<TaskResult | undefined> => {
      const { identity, output } = wanted.get(task)!;
      const startedMs = Date.now();
      const work = options.workspace.directory(`repository-${identity.id}`);
      try {
        const got = await getPackage(identity, output, work, options, context);
        if (got.ok) {
          return { outputs: { [output]: got.value }, startedMs, completedMs: Date.now() };
        }
        for (const diagnostic of got.diagnostics) {
          // Most packages of a tree are not there, and that is nothing to talk about.
          if (diagnostic.code === 'download/not-found') continue;
          if (!context.signal.aborted) options.onWarning({ ...diagnostic, severity: 'warning' });
        }
        return undefined;
      } catch (error) {
        options.onWarning({ ...systemError('use the repository', error), severity: 'warning' });
        return undefined;
      } finally {
        removeTree(work);
      }
    },
  };
}

async function getPackage(
  identity: Identity,
  output: 'archive' | 'package',
  work: string,
  { url, store, cwd }: RepositoryOptions,
  context: Parameters<Substitute['fetch']>[1],
): Promise<Result<OutputValue>> {
  const { definition, id } = identity;
  const file = join(work, `${id}.tar.xz`);
  const got = await download({
    candidates: [{ url: `${baseUrl(url, cwd)}/packages/${definition.name}/${id}.tar.xz` }],
    checksums: {},
    destination: file,
    partialDirectory: join(work, 'partial'),
    signal: context.signal,
    onProgress: ({ received, total }) => context.progress(received, total),
  });
  if (!got.ok) return got;
  const directory = join(work, 'tree');
  mkdirSync(directory);
  const unpacked = await unpackArchive(file, directory, { signal: context.signal });
  if (!unpacked.ok) return unpacked;
  // It says itself which package it is; under a wrong name it must not become another.
  const loaded = loadPackage(directory, id, 'the archive');
  if (!loaded.ok) return failed(otherPackage(id, loaded.diagnostics));
  if (output === ARCHIVE) {
    return ok({ kind: 'file', digest: moveIntoStore(store, file, false), executable: false });
  }
  const stored = storeTree(store, directory);
  return stored.ok ? ok({ kind: 'tree', ...stored.value }) : stored;
}

function otherPackage(id: string, problems: readonly Diagnostic[]): Diagnostic {
  return environmentError({
    code: 'repository/other-package',
    message: `the repository's ${id} is not that package`,
    notes: problems.map(({ message }) => ({ message })),
    hint: 'it is not used; tell whoever keeps the repository',
  });
}

function baseUrl(url: string, cwd: string): string {
  const trimmed = url.replace(/\/+$/, '');
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)
    ? trimmed
    : pathToFileURL(resolve(cwd, trimmed)).href;
}
