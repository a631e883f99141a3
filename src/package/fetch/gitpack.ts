// The objects of a checkout as one pack with reproducible bytes: sorted, without deltas, by one thread.
// It holds the commit's own tree, and of the history the commits and tags. Knows nothing of work trees.
import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result } from '../../base/diagnostic.ts';
import { git, type GitOptions } from './gitcommand.ts';

/** A repository to read from. */
export interface Repository {
  readonly directory: string;
  readonly objects: string;
  /** Commits whose parents were not cloned. */
  readonly shallow: readonly string[];
}

export interface Tag {
  readonly name: string;
  readonly object: string;
}

/** The tags on commits of the history, by name. */
export async function tagsOf(
  gitDirectory: string,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<Result<Tag[]>> {
  const listed = await git(
    ['for-each-ref', `--merged=${commit}`, '--format=%(objectname) %(refname)', 'refs/tags'],
    { config: 'none', gitDirectory, signal },
  );
  if (!listed.ok) return listed;
  return ok(
    listed.value
      .split('\n')
      .filter(Boolean)
      .map((line) => ({ object: line.slice(0, 40), name: line.slice(41) })),
  );
}

/** What a tree lists, directories included. */
export interface Entry {
  readonly mode: string;
  readonly object: string;
  /** In bytes; NaN for what is no file. */
  readonly size: number;
  readonly path: string;
}

/** Makes the one pack of the checkout, and lists the commit's tree. */
export async function packCommit(
  commit: string,
  tags: readonly Tag[],
  source: Repository,
  reading: GitOptions,
): Promise<Result<Entry[]>> {
  const gitDirectory = reading.gitDirectory!;
  const shallowFile = join(gitDirectory, 'shallow');
  if (source.shallow.length > 0) writeFile(shallowFile, `${source.shallow.join('\n')}\n`);
  const history = await git(['rev-list', commit], reading);
  if (!history.ok) return history;
  const tagged = await tagObjects(tags, reading);
  if (!tagged.ok) return tagged;
  const listed = await git(['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit], reading);
  if (!listed.ok) return listed;
  const root = await git(['rev-parse', '--verify', `${commit}^{tree}`], reading);
  if (!root.ok) return root;

  const entries = parseTree(listed.value);
  const commits = history.value.split('\n').filter(Boolean);
  const present = entries.filter(({ mode }) => mode !== SUBMODULE);
  const packed = await makePack(
    [...commits, ...tagged.value, ...present.map(({ object }) => object), root.value.trim()],
    reading,
  );
  if (!packed.ok) return packed;
  const known = new Set(commits);
  const shallow = source.shallow.filter((boundary) => known.has(boundary)).sort();
  if (shallow.length > 0) writeFile(shallowFile, `${shallow.join('\n')}\n`);
  else if (source.shallow.length > 0) unlinkSync(shallowFile);
  const refs = tags.map(({ object, name }) => `${object} ${name}\n`);
  if (refs.length > 0) writeFile(join(gitDirectory, 'packed-refs'), refs.join(''));
  return ok(entries);
}

async function makePack(objects: readonly string[], reading: GitOptions): Promise<Result<void>> {
  const settings = '-c core.compression=6 -c pack.writeReverseIndex=false';
  const options = '-q --threads=1 --window=0 --no-reuse-object';
  const stem = join(reading.gitDirectory!, 'objects', 'pack', 'pack');
  const packed = await git(`${settings} pack-objects ${options}`.split(' ').concat(stem), {
    ...reading,
    // Sorted: the order of a pack is that of its input, and nothing of the source's may show.
    input: `${[...new Set(objects)].sort().join('\n')}\n`,
  });
  if (!packed.ok) return packed;
  // Tells git that objects named in here may be elsewhere.
  writeFile(`${stem}-${packed.value.trim()}.promisor`, '');
  return ok(undefined);
}

/** The tag objects behind tags, of which one may name another, and the commits they end in. */
async function tagObjects(tags: readonly Tag[], reading: GitOptions): Promise<Result<string[]>> {
  if (tags.length === 0) return ok([]);
  // The trees that a treeless source lacks are looked for, though not listed.
  const argv = 'rev-list --objects --no-walk --filter=tree:0 --missing=allow-any --stdin';
  const listed = await git(argv.split(' '), {
    ...reading,
    input: tags.map(({ object }) => `${object}\n`).join(''),
  });
  if (!listed.ok) return listed;
  const lines = listed.value.split('\n').filter(Boolean);
  return ok(lines.map((line) => line.slice(0, 40)));
}

/** The mode of a submodule's entry. */
export const SUBMODULE = '160000';

function parseTree(listing: string): Entry[] {
  return listing
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , object = '', size = ''] = line.slice(0, tab).split(/ +/);
      return { mode, object, size: Number.parseInt(size, 10), path: line.slice(tab + 1) };
    });
}

/** Writes a file of a `.git` with the modes of umask 022. */
export function writeFile(path: string, content: string): void {
  writeFileSync(path, content);
  chmodSync(path, 0o644);
}
