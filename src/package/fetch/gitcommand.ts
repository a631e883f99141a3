// Runs git so that neither a URL, nor a repository, nor the caller's environment can make it do
// anything else than asked: no prompts, no hooks, no helper transports. Knows nothing of sources.
import { devNull } from 'node:os';
import {
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { run, type CommandOptions } from '../../base/process.ts';
import { redact } from '../../base/http/redact.ts';

export interface GitOptions extends Omit<CommandOptions, 'env'> {
  /**
   * Whose configuration counts. `user`: that of the person and the machine, for what only they can
   * answer (credential helpers, proxies, `insteadOf`, `safe.directory`). `none`: for everything whose
   * result must be the same everywhere.
   */
  readonly config: 'user' | 'none';
  /** The repository; with `cwd` alone git looks for it. */
  readonly gitDirectory?: string;
  /** Further object stores to read from. */
  readonly alternates?: readonly string[];
}

export interface GitRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Ends in the whole output of any repository that git itself can hold in memory. */
const KEEP = 1 << 29;

/**
 * Runs git to its end, whatever its exit status. Files it makes have the modes of umask 022. Errors:
 * `source/git-missing`, `source/aborted`.
 */
export async function runGit(
  argv: readonly string[],
  options: GitOptions,
): Promise<Result<GitRun>> {
  const { config, gitDirectory, alternates, ...command } = options;
  const safe = [
    ...(gitDirectory === undefined ? [] : [`--git-dir=${gitDirectory}`]),
    ...SAFE_SETTINGS.flatMap((setting) => ['-c', setting]),
  ];
  const result = await run('/bin/sh', ['-c', 'umask 022; exec git "$@"', 'git', ...safe, ...argv], {
    keep: KEEP,
    ...command,
    env: environment(config, alternates),
  });
  if (result.ended === 'aborted' && options.signal?.aborted === true) return failed(aborted());
  // The shell's own status for a program that is not there.
  if (result.status === 127 || result.startError !== undefined) return failed(missing());
  return ok({ ...result, timedOut: result.ended !== undefined });
}

/** Runs git and gives its standard output. Error besides those above: `source/git-failed`. */
export async function git(argv: readonly string[], options: GitOptions): Promise<Result<string>> {
  const result = await runGit(argv, options);
  if (!result.ok) return result;
  const { status, stdout, stderr } = result.value;
  if (status === 0) return ok(stdout);
  const where = options.gitDirectory ?? options.cwd;
  return failed(
    environmentError({
      code: 'source/git-failed',
      message: `git ${argv[0]} failed${where === undefined ? '' : ` in ${where}`}: ${gitReason(stderr)}`,
    }),
  );
}

const SAFE_SETTINGS = [
  `core.hooksPath=${devNull}`,
  // These two run programs that the repository names.
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
];

/** Variables that point git at a repository, as those of a hook that started this program would. */
const REPOSITORY_VARIABLES = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CEILING_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_TEMPLATE_DIR',
  'GIT_WORK_TREE',
]);

function environment(
  config: GitOptions['config'],
  alternates: readonly string[] | undefined,
): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !(config === 'none' ? entry[0].startsWith('GIT_') : REPOSITORY_VARIABLES.has(entry[0])),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    GIT_NO_REPLACE_OBJECTS: '1',
    // Reading a repository must not write to it.
    GIT_OPTIONAL_LOCKS: '0',
    ...(config === 'none'
      ? {
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: devNull,
          GIT_ATTR_NOSYSTEM: '1',
          GIT_NO_LAZY_FETCH: '1',
          // Where git before 2.32 looks for the person's configuration, and later ones for attributes.
          HOME: devNull,
          XDG_CONFIG_HOME: devNull,
        }
      : {}),
    ...(alternates === undefined
      ? {}
      : { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates.map(quoted).join(':') }),
  };
}

/** The list is separated by colons, which a path may contain. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** What git gave as its reason, in one line and without credentials. */
export function gitReason(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const telling = lines.filter((line) => /^((fatal|error|remote|ssh): ?\S|! )/i.test(line));
  const shown = telling.length > 0 ? telling.slice(-3) : lines.filter(Boolean).slice(-1);
  return redact(shown.map((line) => line.replace(/^(fatal|error): /, '')).join('; ')).slice(0, 500);
}

function missing(): Diagnostic {
  return environmentError({
    code: 'source/git-missing',
    message: 'git is not installed, but a git source needs it',
    hint: 'install the package git',
  });
}

function aborted(): Diagnostic {
  return environmentError({ code: 'source/aborted', message: 'git was stopped' });
}
