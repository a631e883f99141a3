// A tar archive of a directory of outputs, for the launcher to unpack in the store's `tmp`: its files are hard links to
// blobs, and to files that a record keeps (docs/formats/putback.md). Knows nothing of tasks, nor of how it is unpacked.
import { lstatSync, readdirSync, readlinkSync, type BigIntStats, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputLine } from '../bootstrap/noopfiles.ts';
import { nameOfText } from '../base/bytename.ts';
import { printedSeconds } from '../base/stat/print.ts';
import { tarHeader, TAR_END } from '../base/tar/write.ts';

const NS = 1_000_000_000n;
/** Of what this process makes. */
const MY_UID = BigInt(process.geteuid!());
const MY_GID = BigInt(process.getegid!());

export interface LinkArchiveRequest {
  /** The directory that `top` is in. */
  readonly home: string;
  /** The directory of outputs: no link to one. */
  readonly top: string;
  /** The root of the store. */
  readonly store: string;
  /** What was seen of some of the outputs just now, by their paths. */
  readonly found: ReadonlyMap<string, BigIntStats>;
  /** By the path of an output: the file in the store that it has to be a link to. */
  readonly blobs: ReadonlyMap<string, LinkedBlob>;
  /** Gets the files of no task, by their inodes. There has to be a link to each, which has that as its name, … */
  readonly texts: Map<string, KeptFile>;
  /** … in this directory, as seen from where the archive is unpacked. */
  readonly kept: string;
}

export interface LinkedBlob {
  readonly path: string;
  readonly stat: Pick<Stats, 'ino' | 'dev'>;
}

export interface KeptFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

export type Choice = 'add' | 'leave out' | 'refuse';

/** Takes in what lies there. Methods throw node's own errors. */
export class LinkArchive {
  readonly top: string;
  readonly #request: LinkArchiveRequest;
  /** By path, with what comes between names before all that can be in one. */
  readonly #entries = new Map<string, Buffer>();
  readonly #directories = new Set<string>();
  #first: BigIntStats | undefined;
  #isPlain = true;
  /** Of all links, by the path from `home`: what `stat` prints of them, there and here. */
  readonly put = new Map<string, string>();

  constructor(request: LinkArchiveRequest) {
    this.#request = request;
    this.top = request.top;
  }

  /** Whether a path from `home` is of this directory. */
  holds(inside: string): boolean {
    const own = this.#inside(this.top);
    return inside === own || inside.startsWith(`${own}/`);
  }

  /** By their names in the record. Of the `rest` of the outputs, which are no links, it is told what they are like. */
  files(rest: readonly string[]): Record<string, string | Buffer> {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const name = this.#inside(this.top);
    const own = [...new Set([name, ...rest.filter((path) => this.holds(path))])];
    const stats = own.map((path) => this.#look(join(this.#request.home, path))!);
    const files = {
      tar: Buffer.concat([...sorted.map(([, bytes]) => bytes), TAR_END]),
      put: list([...this.put.keys()]),
      'put.stat': [...this.put.values()].join(''),
      rest: list(own),
      'rest.stat': stats.map(shapeLine).join(''),
      ...(this.#isPlain ? { plain: '' } : {}),
    };
    return Object.fromEntries(
      Object.entries(files).map(([kind, content]) => [`${name}.${kind}`, content]),
    );
  }

  /**
   * With all that is in it. False for what cannot be put back, and where a file is refused; a directory without files that
   * is refused is left out.
   */
  add(path: string, choose: (path: string) => Choice = () => 'add'): boolean {
    const stat = this.#look(path);
    if (stat === undefined || (path !== this.top && !path.startsWith(`${this.top}/`))) return false;
    const choice = choose(path);
    if (choice === 'leave out') return true;
    if (stat.isDirectory()) {
      const names = readdirSync(path).map((name) => join(path, name));
      return (
        names.every((one) => this.add(one, choose)) &&
        (choice === 'refuse' || this.#addDirectory(path))
      );
    }
    if (choice === 'refuse') return false;
    if (!this.#addDirectory(dirname(path))) return false;
    if (stat.isSymbolicLink()) {
      this.#add(path, stat, { type: 'symlink', link: nameOfText(readlinkSync(path)) });
      return true;
    }
    if (!stat.isFile()) return false;
    const { blobs, store, texts, kept } = this.#request;
    const blob = blobs.get(path);
    if (blob === undefined) {
      const name = String(stat.ino);
      texts.set(name, { path, size: Number(stat.size) });
      this.#addLink(path, stat, `${kept}/${name}`);
      return true;
    }
    if (Number(stat.ino) !== blob.stat.ino || Number(stat.dev) !== blob.stat.dev) return false;
    this.#addLink(path, stat, `../../${below(store, blob.path)}`);
    return true;
  }

  /** A file that will be where `link` leads from where the archive is unpacked. */
  addMade(path: string, link: string): void {
    this.#add(path, look(dirname(path))!, { type: 'hardlink', link: nameOfText(link) });
  }

  /** With those that it is in. */
  #addDirectory(path: string): boolean {
    if (this.#directories.has(path)) return true;
    if (path !== this.top && !this.#addDirectory(dirname(path))) return false;
    const stat = this.#look(path);
    if (stat?.isDirectory() !== true) return false;
    // All are made alike, so that it is enough to look at the first.
    const first = (this.#first ??= look(this.top)!);
    if (stat.uid !== first.uid || stat.gid !== first.gid) return false;
    this.#directories.add(path);
    if ((Number(stat.mode) & 0o7000) !== 0 || stat.uid !== MY_UID || stat.gid !== MY_GID) {
      this.#isPlain = false;
    }
    this.#add(path, stat, { type: 'directory' });
    return true;
  }

  #addLink(path: string, stat: BigIntStats, link: string): void {
    this.put.set(this.#inside(path), outputLine(stat));
    this.#add(path, stat, { type: 'hardlink', link: nameOfText(link) });
  }

  #add(path: string, { mode, uid, gid, mtimeNs }: BigIntStats, kind: Kind): void {
    const inside = this.#inside(path);
    const header = tarHeader({
      ...kind,
      name: nameOfText(inside),
      mode: Number(mode) & 0o7777,
      uid: Number(uid),
      gid: Number(gid),
      mtime: Number(mtimeNs / NS),
      // Links are other names of files that have theirs.
      ...(kind.type === 'hardlink' ? {} : { pax: new Map([['mtime', printedSeconds(mtimeNs)]]) }),
    });
    this.#entries.set(inside.replaceAll('/', '\0'), header);
  }

  #inside(path: string): string {
    return below(this.#request.home, path);
  }

  #look(path: string): BigIntStats | undefined {
    return this.#request.found.get(path) ?? look(path);
  }
}

/** From a directory to what is in it. */
function below(directory: string, path: string): string {
  return path.slice(directory.length + 1);
}

type Kind = Pick<Parameters<typeof tarHeader>[0], 'type' | 'link'>;

/** `stat -c '%f %u %g %.9Y'`: of directories, what is as it was when they are made anew. */
function shapeLine({ mode, uid, gid, mtimeNs }: BigIntStats): string {
  return `${mode.toString(16)} ${uid} ${gid} ${printedSeconds(mtimeNs)}\n`;
}

/** Paths as the launcher reads them. */
export function list(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join('');
}

/** Undefined where nothing is. Throws node's own errors. */
export function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
