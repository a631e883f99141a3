// What commands said that change nothing, with all that it was made of, for the launcher to say it again without
// starting Node (docs/formats/answer.md). Knows nothing of what was asked. What is compared is what `stat` prints,
// and `stat` itself writes it down: it is asked in the same way both times, and Node would take twice as long.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namesIfExists, readIfExists, writeAtomic } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { printedPath, printedSeconds } from '../base/stat/print.ts';

export interface Answer {
  /** What the launcher says of the question: the name of a file, and all that the answer depends on beside files. */
  readonly name: string;
  readonly key: string;
  /** Absolute; paths inside are kept relative to it. */
  readonly base: string;
  /** Absolute paths of what was read; links are followed. One at least, and all with times that can be trusted. */
  readonly present: readonly string[];
  /** Where something would have been read, but nothing was. */
  readonly absent: readonly string[];
  /** When the run began to look at files, in ms. */
  readonly startedAt: number;
  /** For standard output. */
  readonly said: string;
}

/** More than one user asks of as many trees; each takes about 100 bytes for each of its files. */
const MOST_ANSWERS = 32;

/** What a killed process left half-done lies here for so long. */
const LEFTOVER_MS = 24 * 3_600_000;

/** As GNU `stat` prints it. bin/ashlar has the same. */
const FORMAT = '%i %f %s %.9Y %.9Z';
const LINE = /^\d+ [0-9a-f]+ \d+ -?\d+\.\d{9} (-?\d+\.\d{9})$/;

/** File systems stamp with a clock that lags behind by up to a tick. */
const TICK_MS = 20;

/**
 * Keeps an answer below the store's root. Not where it cannot be told later whether it still holds: where something
 * was changed lately, say, or `stat` is not GNU's. Throws node's own errors.
 */
export function keepAnswer(root: string, answer: Answer, env: NodeJS.ProcessEnv): void {
  const { name, key, base, present, absent, said } = answer;
  // What is not Unicode would come back as something else.
  if (!NAME.test(name) || /\ufffd/.test(key) || /[\n\ufffd]/.test(base)) return;
  const directory = join(root, 'answers');
  makeDirectories(dirname(directory));
  makeDirectories(directory, 0o700);
  const file = join(directory, name);
  const before = folderOf(file);
  // Never written to again: whoever reads one meanwhile reads all of it, or finds it gone.
  const folder = `${file}.${randomBytes(8).toString('hex')}`;
  mkdirSync(folder, { mode: 0o700 });
  let kept = false;
  try {
    const own = [join(folder, 'said'), join(folder, 'paths')];
    const list = [...present, ...absent, ...own]
      .map((path) => `${printedPath(base, path)}\0`)
      .join('');
    writeFileSync(own[0]!, said);
    writeFileSync(own[1]!, list);
    const found = lookAt(base, list, env);
    kept = found !== undefined && isSettled(found, answer, own.length);
    if (kept) {
      writeFileSync(join(folder, 'found'), `${key}\n${found!}`);
      writeAtomic(file, `${basename(folder)}\n${base}\n`, { mode: 0o600 });
    }
  } finally {
    if (!kept) rmSync(folder, { recursive: true, force: true });
  }
  if (!kept) return;
  if (before !== undefined) rmSync(before, { recursive: true, force: true });
  forgetOldAnswers(root);
}

/** Keeps the newest answers and removes the rest, and what belongs to none. Throws node's own errors. */
export function forgetOldAnswers(root: string): void {
  const directory = join(root, 'answers');
  const entries = namesIfExists(directory).map((name) => join(directory, name));
  const timed = entries.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ path, stat }];
  });
  const answers = timed
    .filter(({ path }) => isAnswer(path))
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  const kept = new Set(answers.slice(0, MOST_ANSWERS).map(({ path }) => folderOf(path)));
  for (const { path } of answers.slice(MOST_ANSWERS)) {
    const folder = folderOf(path);
    rmSync(path, { force: true });
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  for (const { path, stat } of timed) {
    const isOld = Math.abs(Date.now() - stat.mtimeMs) > LEFTOVER_MS;
    if (isOld && !isAnswer(path) && !kept.has(path)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

const NAME = /^\d+-\d+$/;

function isAnswer(path: string): boolean {
  return NAME.test(basename(path));
}

/** The folder that an answer's file names. */
function folderOf(file: string): string | undefined {
  const [folder] = (readIfExists(file)?.toString() ?? '').split('\n');
  const ours = folder !== undefined && folder.startsWith(`${basename(file)}.`);
  return ours && !folder.includes('/') ? join(dirname(file), folder) : undefined;
}

/** What `stat` says of all in a list; undefined where there is no such program. */
function lookAt(base: string, list: string, env: NodeJS.ProcessEnv): string | undefined {
  const { stdout, error } = spawnSync('xargs', ['-0', 'stat', '-L', '-c', FORMAT, '--'], {
    cwd: base,
    env: { ...env, LC_ALL: 'C' },
    input: list,
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: Infinity,
    encoding: 'utf8',
  });
  return error === undefined ? stdout : undefined;
}

/** Whether all that was read is there, and was not changed since the run began. */
function isSettled(found: string, { present, startedAt }: Answer, ownLines: number): boolean {
  const lines = found.split('\n').slice(0, -1);
  if (lines.length !== present.length + ownLines || lines[0] !== lineOf(present[0]!)) return false;
  const until = (startedAt - TICK_MS) / 1000;
  return lines.every((line, index) => {
    const ctime = LINE.exec(line)?.[1];
    return ctime !== undefined && (index >= present.length || Number(ctime) < until);
  });
}

function lineOf(path: string): string {
  const { ino, mode, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return `${ino} ${mode.toString(16)} ${size} ${printedSeconds(mtimeNs)} ${printedSeconds(ctimeNs)}`;
}
