// What `ashlar install` needs from the layers beside install/: archives unpacked by the hardened module,
// downloads, and the packages of the tree one stands in by their names.
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { Collector, definitionError, ok, type Result } from '../base/diagnostic.ts';
import { unpackArchive } from '../format/archive.ts';
import { copyFile, type FetchFile, type PackageSource, type Unpack } from '../install/source.ts';
import { download } from '../package/fetch/download.ts';
import type { Definition } from '../package/definition.ts';
import { findMember, withRequired } from '../package/module/member.ts';
import { archivePath } from '../package/pipeline/output.ts';
import { spell } from '../package/variant.ts';
import { openUserStore, prepare, type PrepareRequest } from './prepare.ts';

/** Permissions are the package's own; set-id bits only when the user says so. */
export function packageUnpacker(allowSetuid: boolean, signal: AbortSignal): Unpack {
  return async (archive, destination) => {
    const unpacked = await unpackArchive(archive, destination, {
      modes: 'keep',
      special: allowSetuid ? 'keep' : 'refuse',
      signal,
    });
    return unpacked.ok ? ok(undefined) : unpacked;
  };
}

/** Downloads from http and https, copies from everywhere else. */
export function packageFetcher(signal: AbortSignal): FetchFile {
  return async (url, destination) => {
    if (!/^https?:/i.test(url)) return copyFile(url, destination);
    const got = await download({
      candidates: [{ url }],
      checksums: {},
      destination,
      partialDirectory: `${destination}.partial`,
      signal,
    });
    return got.ok ? ok(undefined) : got;
  };
}

/** Whether a word names a package of a tree, rather than an id or an archive. */
export function isPackageTarget(word: string): boolean {
  return !word.includes('--') && !word.includes('/') && !/\.(tar(\.\w+)?|tgz|txz|zip)$/.test(word);
}

/**
 * The archives of packages of the tree, by name, with those of all that they require. Error
 * `install/not-built` for what has not been built as it is defined now.
 */
export async function builtPackages(
  request: PrepareRequest,
  signal: AbortSignal,
): Promise<Result<readonly PackageSource[]>> {
  const out = new Collector();
  const store = openUserStore(request.env, out);
  const prepared = store && (await prepare(request, store, signal, out));
  if (prepared === undefined) return out.finish([]);
  const { open, identities, pipelines } = prepared;
  const all = open.tree.graph.definitions;
  const members = request.targets.flatMap((name) => findMember(all, name) ?? []);
  const closureOf = (definition: Definition): readonly Definition[] =>
    identities.closure(definition).map((required) => required.definition);
  const sources: PackageSource[] = [];
  const order = [...identities.identities.keys()];
  const needed = withRequired(members, all, closureOf).sort(
    (a, b) => order.indexOf(a.definition) - order.indexOf(b.definition),
  );
  for (const { definition, name } of needed) {
    const { archives } = pipelines.get(definition)!;
    const own = archives.find((one) => one.name === name);
    if (own === undefined) {
      // What is only required by others may be there for their builds alone.
      if (!members.some((member) => member.name === name)) continue;
      out.add(
        definitionError({
          code: 'install/no-archive',
          message: `${spell({ ...definition, name })} cannot be installed: it writes no "tar"`,
          hint: 'add "tar" to its formats',
        }),
      );
      continue;
    }
    const archive = archivePath(open.tree.directory, own);
    sources.push({ id: own.id, archive });
    if (existsSync(archive)) continue;
    out.add(
      definitionError({
        code: 'install/not-built',
        message: `${spell({ ...definition, name })} is not built: there is no ${relative(request.cwd, archive)}`,
        hint: `run "ashlar build ${spell(definition)}" first`,
      }),
    );
  }
  return out.finish(sources);
}
