// Writes the tree of a commit, with a `.git` whose bytes depend on nothing but the commit and the tags
// in its history: `rev-parse`, `describe`, `status` and `log` work in it. Earlier commits come without
// their files (as in a treeless partial clone), which is what keeps it small and cheap to reproduce.
import { chmodSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { makeDirectories } from '../../base/mkdir.ts';
import type { Sink } from '../../base/event.ts';
import { readIfExists, systemError } from '../../base/fs.ts';
import { warnOfGaps } from './gaps.ts';
import { git, type GitOptions } from './gitcommand.ts';
import { packCommit, tagsOf, writeFile, type Repository } from './gitpack.ts';
import { scratchDirectory } from './scratch.ts';

export interface CheckoutRequest {
  /** A work tree's top directory or a bare repository. */
  readonly repository: string;
  /** 40 lower-case hexadecimal digits. */
  readonly commit: string;
  /** Must not exist, or be an empty directory. It appears whole or not at all. */
  readonly destination: string;
  readonly onWarning?: Sink<Diagnostic> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a commit out. Submodules are left as empty directories and Git LFS files as pointers, each with
 * a warning (`source/submodules`, `source/lfs`). Errors: `source/git-damaged` (objects are missing or not
 * what their names say), `source/git-failed`, `source/git-missing`, `source/aborted`, `fs/*`.
 */
export async function checkoutGit(request: CheckoutRequest): Promise<Result<void>> {
  const { repository, commit, destination, signal } = request;
  const source = await locate(repository, signal);
  if (!source.ok) return source;
  try {
    using work = scratchDirectory(dirname(destination), `${basename(destination)}.checkout`);
    const tree = join(work.path, 'tree');
    const gitDirectory = join(tree, '.git');
    skeleton(gitDirectory, commit);
    const reading: GitOptions = {
      config: 'none',
      gitDirectory,
      cwd: tree,
      alternates: [source.value.objects],
      signal,
    };
    const tags = await tagsOf(source.value.directory, commit, signal);
    if (!tags.ok) return tags;
    const packed = await packCommit(commit, tags.value, source.value, reading);
    if (!packed.ok) return damaged(packed, request);
    const written = await writeTree(commit, gitDirectory, tree, signal);
    if (!written.ok) return damaged(written, request);
    warnOfGaps(tree, packed.value, commit, request.onWarning);
    chmodSync(tree, 0o755);
    renameSync(tree, destination);
    return ok(undefined);
  } catch (error) {
    return failed(systemError('check out', error, destination));
  }
}

/** Finds a repository's parts, also where it is a linked work tree. */
async function locate(
  repository: string,
  signal: AbortSignal | undefined,
): Promise<Result<Repository>> {
  const found = await git(
    'rev-parse --path-format=absolute --git-common-dir --git-path objects --git-path shallow'.split(
      ' ',
    ),
    { config: 'user', cwd: repository, signal },
  );
  if (!found.ok) return found;
  const [directory, objects, shallow] = found.value.trimEnd().split('\n');
  const text = readIfExists(shallow!)?.toString('latin1').trim() ?? '';
  return ok({
    directory: directory!,
    objects: objects!,
    shallow: text === '' ? [] : text.split('\n'),
  });
}

/** A remote that cannot be reached, for git to accept that earlier commits have no files here. */
const CONFIG = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = false
[remote "origin"]
\turl = /files-of-earlier-commits-are-not-part-of-a-source-checkout
\tpromisor = true
`;

function skeleton(gitDirectory: string, commit: string): void {
  const directories = ['objects/pack', 'refs/heads', 'refs/tags'].map((p) => join(gitDirectory, p));
  for (const directory of directories) makeDirectories(directory);
  for (const directory of [gitDirectory, ...directories, ...directories.map((d) => dirname(d))]) {
    chmodSync(directory, 0o755);
  }
  writeFile(join(gitDirectory, 'config'), CONFIG);
  writeFile(join(gitDirectory, 'HEAD'), `${commit}\n`);
}

/** Writes the files and an index without a trace of this file system, after checking every object. */
async function writeTree(
  commit: string,
  gitDirectory: string,
  tree: string,
  signal: AbortSignal | undefined,
): Promise<Result<void>> {
  const here: GitOptions = { config: 'none', gitDirectory, cwd: tree, signal };
  const packs = join(gitDirectory, 'objects', 'pack');
  const indexes = readdirSync(packs).filter((name) => name.endsWith('.idx'));
  const verified = await git(['verify-pack', ...indexes.map((name) => join(packs, name))], here);
  if (!verified.ok) return verified;
  const settings = ['-c', `core.attributesFile=/dev/null`, '-c', 'index.threads=1'];
  const worktree = `--work-tree=${tree}`;
  const files = await git([worktree, ...settings, 'read-tree', '--reset', '-u', commit], here);
  if (!files.ok) return files;
  // Without -m or -u, git makes the index anew, with nothing in it about the files just written.
  const index = await git([...settings, '-c', 'index.version=2', 'read-tree', commit], here);
  return index.ok ? ok(undefined) : index;
}

/** A failure to read objects, told as what it is. */
function damaged(
  result: { readonly ok: false; readonly diagnostics: readonly Diagnostic[] },
  { repository, commit }: CheckoutRequest,
): Result<never> {
  const [first] = result.diagnostics;
  if (first?.code !== 'source/git-failed' || /no space left/i.test(first.message)) return result;
  return failed(
    environmentError({
      code: 'source/git-damaged',
      message: `commit ${commit} cannot be read whole from ${repository}`,
      notes: [{ message: first.message }],
      hint: 'git fsck in that repository tells more',
    }),
  );
}
