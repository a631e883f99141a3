// Work trees on this machine as sources (`git_local`): where they are, whether they are clean, which
// commit they stand at. Knows nothing of checkouts.
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Result,
} from '../../base/diagnostic.ts';
import { sample } from './gaps.ts';
import { gitReason, runGit } from './gitcommand.ts';

/** The directory a `rel_path` names. Error: `source/absolute-path`. */
export function localDirectory(relPath: string, packageDirectory: string): Result<string> {
  if (!isAbsolute(relPath)) return ok(resolve(packageDirectory, relPath));
  return failed(
    definitionError({
      code: 'source/absolute-path',
      message: `"rel_path" is ${relPath}, expected a path relative to the package's directory`,
    }),
  );
}

/**
 * The commit checked out in a repository's top directory: what a `git_local` source adds to a package's
 * id. Errors: `source/not-a-repository`, `source/git-missing`.
 */
export async function gitHead(directory: string, signal?: AbortSignal): Promise<Result<string>> {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return notARepository(directory, 'there is no such directory');
  }
  const found = await runGit(
    ['rev-parse', '--show-prefix', '--verify', '--end-of-options', 'HEAD^{commit}'],
    { config: 'user', cwd: directory, signal },
  );
  if (!found.ok) return found;
  const { status, stdout, stderr } = found.value;
  const lines = stdout.split('\n');
  if (lines[0] !== '' && status === 0) {
    return notARepository(directory, 'it lies within one, but is not its top directory');
  }
  const head = /^[0-9a-f]+$/.test(lines.at(-2) ?? '') ? lines.at(-2)! : '';
  if (status !== 0 || head === '') {
    return /needed a single revision/i.test(stderr)
      ? notARepository(directory, 'it has no commit yet')
      : notARepository(directory, gitReason(stderr));
  }
  if (head.length !== 40) return notARepository(directory, 'its object names are not SHA-1');
  return ok(head);
}

/**
 * The commit of a work tree without changes to tracked files; untracked ones do not count. Errors:
 * `source/local-changes` (lists the files) and those of `gitHead`.
 */
export async function cleanHead(directory: string, signal?: AbortSignal): Promise<Result<string>> {
  const head = await gitHead(directory, signal);
  if (!head.ok) return head;
  const status = await runGit(['status', '--porcelain', '-uno', '-z'], {
    config: 'user',
    cwd: directory,
    signal,
  });
  if (!status.ok) return status;
  if (status.value.status !== 0) return notARepository(directory, gitReason(status.value.stderr));
  if (status.value.stdout === '') return head;
  return failed(
    definitionError({
      code: 'source/local-changes',
      message: `${directory} has changes that no commit has: ${sample(changedPaths(status.value.stdout))}`,
      hint: 'commit them, or undo them with git restore',
    }),
  );
}

/** Paths of `XY path\0`; a rename or copy is followed by the path it came from. */
function changedPaths(porcelain: string): string[] {
  const paths: string[] = [];
  const fields = porcelain.split('\0').filter(Boolean);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    paths.push(field.slice(3));
    if (/^[RC]|^.[RC]/.test(field)) i++;
  }
  return paths;
}

function notARepository(directory: string, reason: string): Result<never> {
  const fields = {
    code: 'source/not-a-repository',
    message: `${directory} cannot be used as a git repository: ${reason}`,
  };
  if (!reason.includes('dubious ownership')) return failed(definitionError(fields));
  const hint = 'if you trust it: git config --global --add safe.directory PATH';
  return failed(environmentError({ ...fields, hint }));
}
