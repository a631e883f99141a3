// What a repository in the tree is pinned by: its HEAD, provided that nothing tracked differs from it.
// Knows nothing of packages. The repository's configuration is not trusted to run programs.
import { definitionError, environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { run, type CommandResult } from '../base/process.ts';

/**
 * The commit a repository is at, 40 hexadecimal digits. Errors `git/not-a-repository`, `git/changes`
 * (tracked files differ; files that git does not know do not count), `git/missing` (no git here).
 */
export async function gitHead(directory: string): Promise<Result<string>> {
  const status = await git(directory, ['status', '--porcelain', '-uno', '-z']);
  if (status.startError !== undefined) {
    return failed(
      environmentError({
        code: 'git/missing',
        message: `git cannot be started (${status.startError})`,
        hint: 'install git: a source of this tree is a repository',
      }),
    );
  }
  if (status.status !== 0) return failed(notARepository(directory, status));
  if (status.stdout !== '') {
    const changed = status.stdout.split('\0').filter((line) => line !== '');
    return failed(
      definitionError({
        code: 'git/changes',
        message: `the repository ${directory} has changes that are not committed`,
        notes: changed.slice(0, 10).map((message) => ({ message })),
        hint: 'commit or stash them: a source is pinned by the commit it is at',
      }),
    );
  }
  const head = await git(directory, ['rev-parse', '--verify', 'HEAD^{commit}']);
  return head.status === 0 ? ok(head.stdout.trim()) : failed(notARepository(directory, head));
}

function notARepository(
  directory: string,
  { stderr }: CommandResult,
): ReturnType<typeof definitionError> {
  const [reason] = stderr.split('\n');
  return definitionError({
    code: 'git/not-a-repository',
    message: `${directory} is not a git repository with a commit`,
    ...(reason === undefined || reason === '' ? {} : { notes: [{ message: `git: ${reason}` }] }),
    hint: 'check "rel_path"',
  });
}

function git(directory: string, argv: readonly string[]): Promise<CommandResult> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GIT_'),
    ),
  );
  // A monitor set in the repository's configuration would be run by `git status`.
  return run('git', ['-C', directory, '-c', 'core.fsmonitor=false', ...argv], {
    env: { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
  });
}
