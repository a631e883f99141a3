// Keeps what V8 made of the bundle's parts from one run to the next, a file for each command. V8 trusts what it is
// given and crashes on a wrong bit, so a checksum goes with it. Knows nothing of what the parts are. Best effort: what
// cannot be read or written costs time and nothing else.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** What a file begins with. */
interface Contents {
  /** The ways of runs that it has the code of (base/course.ts). */
  readonly courses: readonly string[];
  readonly parts: readonly (readonly [path: string, start: number, length: number])[];
}

/** The length of the contents, that of the file, and the checksum of all that follows: 32 bits each, little endian. */
const HEAD = 12;
/** V8 reads code where it lies only if that is so aligned. */
const ALIGNMENT = 8;
/** What was written so long ago is of a bundle that is gone, most likely; if not, it is made again in one run. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;
/** Of a wrong command line, which is one of many. */
const USAGE_STATUS = 2;

const UID = process.getuid!();
/** As Node's own is turned off. */
const isOff = process.env['NODE_DISABLE_COMPILE_CACHE'] !== undefined;

/** What code was made of, and by what: with any other it is worth nothing. */
export interface Maker {
  /** The directory of the bundle, and what tells this build of it from others. */
  readonly bundle: string;
  readonly build: string;
  /** The program, and the command where it has some. */
  readonly program: string;
  readonly command: string;
}

/** The code of one command. */
export class CompiledCode {
  readonly #directory = join(tmpdir(), `ashlar-compiled-${UID}`);
  /** What the names of all files of this bundle begin with, and those of this build of it. */
  readonly #ofBundle: string;
  readonly #ofBuild: string;
  readonly #name: string;
  readonly #parts = new Map<string, Buffer>();
  #courses: readonly string[] = [];
  #incomplete = false;

  constructor({ bundle, build, program, command }: Maker) {
    const node = [process.version, process.arch, ...process.execArgv, process.env['NODE_OPTIONS']];
    this.#ofBundle = `${shortHash(bundle)}-`;
    this.#ofBuild = `${this.#ofBundle}${build}-`;
    this.#name = `${this.#ofBuild}${shortHash(node.join('\n'))}-${program}-${command}`;
    if (isOwn(this.#directory)) this.#read(join(this.#directory, this.#name));
  }

  #read(file: string): void {
    try {
      const bytes = readFileSync(file);
      const end = HEAD + bytes.readUInt32LE(0);
      if (bytes.readUInt32LE(4) !== bytes.length) return;
      if (bytes.readUInt32LE(8) !== crc32(bytes.subarray(HEAD))) return;
      const { courses, parts } = JSON.parse(bytes.toString('utf8', HEAD, end)) as Contents;
      for (const [path, start, length] of parts) {
        this.#parts.set(path, bytes.subarray(start, start + length));
      }
      this.#courses = courses;
    } catch {
      // There is none yet, or what is there is none.
    }
  }

  of(path: string): Buffer | undefined {
    return this.#parts.get(path);
  }

  /** Takes what became of it. */
  judge({ cachedDataRejected }: Script): void {
    // Undefined where there was none.
    if (cachedDataRejected !== false) this.#incomplete = true;
  }

  /** At the end of a run. `scripts` are all that it used, by path. */
  keep(scripts: ReadonlyMap<string, Script>, courses: ReadonlySet<string>): void {
    const all = new Set([...this.#courses, ...courses]);
    const isNew = this.#incomplete || all.size > this.#courses.length;
    if (!isNew || process.exitCode === USAGE_STATUS || !makeOwn(this.#directory)) return;
    // Parts that this run had no use for, another had.
    const codes = new Map(this.#parts);
    for (const [path, script] of scripts) codes.set(path, script.createCachedData());
    try {
      this.#write(pack(codes, [...all]));
    } catch {
      // The next run will try again.
    }
  }

  #write(bytes: Buffer): void {
    const directory = this.#directory;
    const file = join(directory, this.#name);
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, bytes, { flag: 'wx', mode: 0o600 });
    renameSync(fresh, file);
    for (const name of readdirSync(directory)) {
      const isEarlier = name.startsWith(this.#ofBundle) && !name.startsWith(this.#ofBuild);
      const path = join(directory, name);
      if (isEarlier || Date.now() - lstatSync(path).mtimeMs > FORGOTTEN_MS) unlinkSync(path);
    }
  }
}

function pack(codes: ReadonlyMap<string, Buffer>, courses: readonly string[]): Buffer {
  const contentsAt = (start: number): Buffer => {
    let next = start;
    const parts = [...codes].map(([path, { length }]) => {
      const at = next;
      next = aligned(at + length);
      return [path, at, length] as const;
    });
    return Buffer.from(JSON.stringify({ courses, parts } satisfies Contents));
  };
  // Where the first begins is for the length of what says so.
  const start = aligned(HEAD + contentsAt(Number.MAX_SAFE_INTEGER).length);
  const contents = contentsAt(start);
  const chunks = [contents, Buffer.alloc(start - HEAD - contents.length)];
  for (const code of codes.values()) {
    chunks.push(code, Buffer.alloc(aligned(code.length) - code.length));
  }
  const head = Buffer.alloc(HEAD);
  const body = Buffer.concat(chunks);
  head.writeUInt32LE(contents.length, 0);
  head.writeUInt32LE(HEAD + body.length, 4);
  head.writeUInt32LE(crc32(body), 8);
  return Buffer.concat([head, body]);
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function shortHash(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** Whether it is a place that only this user can write: what is read from there is run. */
function isOwn(directory: string): boolean {
  if (isOff) return false;
  try {
    const stat = lstatSync(directory);
    return stat.isDirectory() && stat.uid === UID && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Makes such a place if there is nothing there. */
function makeOwn(directory: string): boolean {
  if (isOff) return false;
  if (isOwn(directory)) return true;
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch {
    return false;
  }
  return isOwn(directory);
}
