// A git repository of recorded trees: commits written through `git fast-import`, and the tags that name
// them read back. Uses git as it comes, without anybody's settings.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { lock } from '../base/lock.ts';
import { run } from '../base/process.ts';

/** One file or link of a recorded tree. */
export interface HistoryEntry {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000';
  /** Reads the content; called once. */
  readonly content: () => Buffer;
}

/** One tree to be recorded. */
export interface Recording {
  /** What the tag begins with: the task without its package. */
  readonly label: string;
  readonly task: string;
  readonly key: string;
  /** Tags of the recordings that this one follows from, `label/key`. */
  readonly parents: readonly string[];
  readonly atMs: number;
  /** One line. */
  readonly why: string;
  readonly entries: readonly HistoryEntry[];
}

/** One recording, as it is read back. */
export interface Recorded {
  readonly tag: string;
  readonly commit: string;
  readonly task: string;
  readonly key: string;
  readonly atMs: number;
  readonly why: string;
}

function environment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    // A repository that belongs to somebody else is read all the same.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

/** Of every commit, so that equal trees are equal commits: 1980-01-01. */
const COMMITTED = 'Ashlar <ashlar@localhost> 315532800 +0000';

/** Adds recordings to a repository, making it where there is none. Errors: `history/git`. */
export async function record(
  directory: string,
  recordings: readonly Recording[],
  signal: AbortSignal,
): Promise<Result<void>> {
  const held = await lock(`ashlar history\0${directory}`, signal);
  if (held === undefined) return ok(undefined);
  try {
    if (!existsSync(`${directory}/HEAD`)) {
      mkdirSync(directory, { recursive: true });
      const argv = [
        'init',
        '--quiet',
        '--bare',
        '--template=',
        '--initial-branch=history',
        directory,
      ];
      const made = await run('git', argv, { env: environment() });
      if (made.status !== 0) return broken(directory, made.startError ?? made.stderr);
    }
    const known = await list(directory);
    if (!known.ok) return known;
    return await importAll(directory, recordings, known.value);
  } finally {
    await held.release();
  }
}

async function importAll(
  directory: string,
  recordings: readonly Recording[],
  known: readonly Recorded[],
): Promise<Result<void>> {
  const argv = [
    '-C',
    directory,
    'fast-import',
    '--quiet',
    '--done',
    '--force',
    '--date-format=raw',
  ];
  const git = spawn('git', argv, { env: environment(), stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  git.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | string>((resolve) => {
    git.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    git.once('close', (code) => resolve(code ?? 1));
  });
  // A git that ends early says why by its status.
  git.stdin.on('error', () => undefined);
  const write = async (chunk: string | Buffer): Promise<void> => {
    if (!git.stdin.write(chunk)) await Promise.race([once(git.stdin, 'drain'), ended]);
  };
  const commits = new Map(known.map(({ tag, commit }) => [tag, commit]));
  for (const [index, recording] of recordings.entries()) {
    const tag = freeTag(`${recording.label}/${recording.key}`, commits);
    const mark = `:${index + 1}`;
    await writeCommit(recording, mark, commits, write);
    commits.set(tag, mark);
    await write(tagText(recording, tag, mark));
  }
  git.stdin.end('done\n');
  const status = await ended;
  if (status !== 0) return broken(directory, said || String(status));
  // `git log` without a branch tells of the last one.
  const head = `refs/heads/${recordings.at(-1)!.label}`;
  const pointed = await run('git', ['-C', directory, 'symbolic-ref', 'HEAD', head], {
    env: environment(),
  });
  return pointed.status === 0 ? ok(undefined) : broken(directory, pointed.stderr);
}

/** A task that ran again under its key is another recording. */
function freeTag(name: string, taken: ReadonlyMap<string, string>): string {
  if (!taken.has(name)) return name;
  for (let count = 2; ; count++) if (!taken.has(`${name}.${count}`)) return `${name}.${count}`;
}

async function writeCommit(
  { label, task, key, parents, entries }: Recording,
  mark: string,
  commits: ReadonlyMap<string, string>,
  write: (chunk: string | Buffer) => Promise<void>,
): Promise<void> {
  const branch = `refs/heads/${label}`;
  const known = parents.flatMap((parent) => commits.get(parent) ?? []);
  const head = [
    // Not on top of what the branch has: a commit has the parents that its task has.
    `reset ${branch}`,
    '',
    `commit ${branch}`,
    `mark ${mark}`,
    `committer ${COMMITTED}`,
    data(`${task}\n\nkey ${key}\n`),
    ...known.map((commit, index) => `${index === 0 ? 'from' : 'merge'} ${commit}`),
    'deleteall',
    '',
  ];
  await write(head.join('\n'));
  for (const entry of entries) {
    const content = entry.content();
    await write(`M ${entry.mode} inline ${quoted(entry.path)}\ndata ${content.length}\n`);
    await write(content);
    await write('\n');
  }
  await write('\n');
}

function tagText({ why, task, key, atMs }: Recording, tag: string, mark: string): string {
  const tagger = `Ashlar <ashlar@localhost> ${Math.floor(atMs / 1000)} +0000`;
  // Git's own time has whole seconds only, in which two builds can end.
  const at = new Date(atMs).toISOString();
  const message = data(`${why}\n\ntask ${task}\nkey ${key}\nat ${at}\n`);
  return `tag ${tag}\nfrom ${mark}\ntagger ${tagger}\n${message}\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

const FIELDS = [
  '%(refname:short)',
  '%(*objectname)',
  '%(taggerdate:unix)',
  '%(contents:subject)',
  '%(contents:body)',
];

/** All recordings, the newest first; none where there is no repository. Errors: `history/git`. */
export async function list(directory: string): Promise<Result<Recorded[]>> {
  if (!existsSync(`${directory}/HEAD`)) return ok([]);
  const format = `--format=${FIELDS.join('%00')}%01`;
  const argv = ['-C', directory, 'for-each-ref', '--sort=-taggerdate', format, 'refs/tags'];
  const listed = await run('git', argv, { env: environment(), keep: 256 << 20 });
  if (listed.status !== 0) return broken(directory, listed.startError ?? listed.stderr);
  const found = listed.stdout.split('\u0001').flatMap((row): Recorded[] => {
    const [tag = '', commit = '', at = '', why = '', body = ''] = row
      .replace(/^\n/, '')
      .split('\0');
    const task = /^task (.*)$/m.exec(body)?.[1];
    const key = /^key ([0-9a-f]{64})$/m.exec(body)?.[1];
    if (task === undefined || key === undefined) return [];
    const exact = /^at (\S+)$/m.exec(body)?.[1];
    const atMs = Date.parse(exact ?? '') || Number(at) * 1000;
    return [{ tag, commit, task, key, atMs, why }];
  });
  return ok(found.sort((a, b) => b.atMs - a.atMs));
}

function broken(directory: string, said: string): Result<never> {
  const missing = said === 'ENOENT';
  return failed(
    environmentError({
      code: 'history/git',
      message: missing
        ? 'there is no git on this machine, which keeps the history of trees'
        : `git cannot work on ${directory}: ${said.trim().split('\n')[0] ?? ''}`,
      hint: missing ? 'install git' : 'move that directory away to begin a new history',
    }),
  );
}
