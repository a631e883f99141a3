// A memory of what lies where the outputs of a tree were put. While all of it is in place, no result is read, no tree
// decoded and no directory listed; what was removed is put there again by it. Only saves time: one that is missing or
// damaged is as good as an empty one. Lines stay text until somebody asks for their path.
import { dirname } from 'node:path';
import { digestOf, type Sha256Hex } from '../base/digest.ts';
import { errnoOf, readIfExists, writeAtomic } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import type { Place } from './place.ts';
import type { TaskResult } from './task.ts';

/** Goes up when a line changes its meaning. */
const HEADER = 'ashlar placed table 2\n';

/** Lines that nobody asked for so long are left out. */
const FORGOTTEN_HOURS = 60 * 24;

const HOUR_MS = 3_600_000;

export interface Entry {
  readonly key: Sha256Hex;
  /** Which file the result was read from, or written to: `LocalCache.identity`. */
  readonly identity: string;
  readonly result: TaskResult;
  /** Of all outputs that are delivered, in their order. */
  readonly places: readonly Place[];
}

interface Line {
  /** When it was last asked for, in hours since 1970. */
  hour: number;
  /** Undefined: to be written anew. */
  text: string | undefined;
  entry: Entry | undefined;
}

export class PlacedTable {
  readonly #file: string;
  /** By the path of the first place. */
  readonly #lines: Map<string, Line>;
  readonly #now = Math.floor(Date.now() / HOUR_MS);
  #changed = false;

  constructor(file: string) {
    this.#file = file;
    this.#lines = load(file);
  }

  /** What was put somewhere last, together with what else its task delivered. */
  find(path: string): Entry | undefined {
    const line = this.#lines.get(path);
    if (line === undefined) return undefined;
    line.entry ??= parse(line.text!);
    return line.entry;
  }

  /** Notes that an entry is of use; true when that is news since an hour or so. */
  use(path: string): boolean {
    const line = this.#lines.get(path);
    if (line === undefined || line.hour === this.#now) return false;
    line.hour = this.#now;
    this.#changed = true;
    return true;
  }

  set(entry: Entry): void {
    this.#lines.set(entry.places[0]!.path, { hour: this.#now, text: undefined, entry });
    this.#changed = true;
  }

  /** A place was changed where it is. */
  touch(path: string): void {
    const line = this.#lines.get(path);
    if (line !== undefined) line.text = undefined;
    this.#changed = true;
  }

  delete(path: string): void {
    if (this.#lines.delete(path)) this.#changed = true;
  }

  /** Writes what is new. Throws node's own errors. */
  save(): void {
    if (!this.#changed) return;
    const lines: string[] = [];
    for (const [path, { hour, text, entry }] of this.#lines) {
      if (this.#now - hour >= FORGOTTEN_HOURS) continue;
      lines.push(`${hour}\t${JSON.stringify(path)}\t${text ?? JSON.stringify(entry)}\n`);
    }
    const body = Buffer.from(lines.join(''), 'utf8');
    makeDirectories(dirname(this.#file), 0o755);
    writeAtomic(this.#file, Buffer.concat([Buffer.from(headOf(body)), body]));
    this.#changed = false;
  }
}

/** Only what we wrote, whole, gets here: more need not be looked at. */
function parse(text: string): Entry {
  return JSON.parse(text) as Entry;
}

function load(file: string): Map<string, Line> {
  const lines = new Map<string, Line>();
  const text = read(file) ?? '';
  for (let start = 0; start < text.length;) {
    // JSON has no tabs and no line ends but those that are spelled out.
    const afterHour = text.indexOf('\t', start);
    const afterPath = text.indexOf('\t', afterHour + 1);
    const end = text.indexOf('\n', afterPath);
    const path = unquoted(text.slice(afterHour + 1, afterPath));
    const hour = Number(text.slice(start, afterHour));
    lines.set(path, { hour, text: text.slice(afterPath + 1, end), entry: undefined });
    start = end + 1;
  }
  return lines;
}

/** What a JSON string stands for. */
function unquoted(json: string): string {
  return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
}

/** Of a header and the digest of what follows, with its line's end. */
const HEAD_LENGTH = HEADER.length + 65;

function headOf(body: Uint8Array): string {
  return `${HEADER}${digestOf(body).hash}\n`;
}

/** The lines of a table; undefined for what is none, or not as it was written. */
function read(file: string): string | undefined {
  let bytes: Buffer | undefined;
  try {
    bytes = readIfExists(file);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  if (bytes === undefined) return undefined;
  const head = bytes.toString('latin1', 0, HEAD_LENGTH);
  const body = bytes.subarray(HEAD_LENGTH);
  return head.startsWith(HEADER) && head === headOf(body) ? body.toString('utf8') : undefined;
}
