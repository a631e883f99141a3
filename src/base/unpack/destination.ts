// Where an archive is unpacked to: a private directory beside the destination, which takes its place only
// when everything is there. Entries are made through directories held open, one component at a time and
// without following links, so nothing outside can be reached. Knows no archive format.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { resolve } from 'node:path';
import { fsPath, showName, type ByteName } from '../bytename.ts';
import { definitionError } from '../diagnostic.ts';
import { Directory, removeContents } from '../directory.ts';
import { errnoOf, temporaryBeside } from '../fs.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { refuseEntry } from './limits.ts';
import { checkTarget, type LinkRule } from './link.ts';
import { baseOf, componentsOf, parentOf } from './name.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** PATH_MAX without its NUL: longer absolute paths could be made, but hardly ever used or removed. */
const PATH_MAX = 4095;

export interface DestinationRules {
  readonly links: LinkRule;
  readonly duplicates: 'refuse' | 'replace';
}

/** Permission bits, and seconds since 1970 (undefined: whenever it is written). */
export interface Attributes {
  readonly mode: number;
  readonly mtime: number | undefined;
}

interface Open {
  readonly name: ByteName;
  readonly directory: Directory;
}

/** Disposing of it without `commit` leaves nothing behind. */
export class Destination implements Disposable {
  /** Bytes that a path below the destination may have. */
  readonly pathMax: number;
  readonly #path: string;
  readonly #staging: string;
  readonly #rules: DestinationRules;
  /** Modes that files get as they are made, whatever the umask. */
  readonly #plainModes = new Set<number>();
  /** The directories from the staging directory down to the one last used. */
  readonly #open: Open[];
  #parent = '' as ByteName;
  readonly #directories = new Map<ByteName, Attributes>();
  readonly #looseEnds: { readonly path: ByteName; readonly parts: readonly ByteName[] }[] = [];
  #committed = false;

  /**
   * Prepares a destination: a path whose parent exists and where there is nothing, or an empty directory.
   * Throws a `Refusal` (`archive/destination`), and node's own errors.
   */
  constructor(path: string, rules: DestinationRules) {
    this.#path = resolve(path);
    this.#rules = rules;
    checkVacant(this.#path);
    this.#staging = temporaryBeside(this.#path);
    this.pathMax = PATH_MAX - Buffer.byteLength(this.#staging) - 1;
    // Nobody else can look into it, let alone change it, before it is whole.
    mkdirSync(this.#staging, { mode: 0o700 });
    try {
      this.#open = [{ name: '' as ByteName, directory: Directory.open(this.#staging) }];
    } catch (error) {
      rmdirSync(this.#staging);
      throw error;
    }
  }

  /** Makes a directory, or gives one that is there its attributes. '' is the destination itself. */
  makeDirectory(path: ByteName, attributes: Attributes): void {
    if (path !== '' && !this.#directories.has(path)) {
      this.#guarded(path, () => this.#mkdir(this.#enter(parentOf(path)), path));
    }
    this.#directories.set(path, attributes);
  }

  /** Makes a regular file and returns its descriptor, to be written and handed to `closeFile`. */
  openFile(path: ByteName, mode: number): number {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    return this.#create(path, (entry) => openSync(entry, flags, mode & 0o777));
  }

  closeFile(path: ByteName, fd: number, mode: number, mtime: number | undefined): void {
    this.#guarded(path, () => {
      try {
        if (!this.#plainModes.has(mode)) this.#setMode(fd, mode);
        if (mtime !== undefined) futimesSync(fd, mtime, mtime);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Makes a symbolic link whose target obeys the rules. */
  symlink(path: ByteName, target: string, mtime: number | undefined): void {
    const parts = checkTarget(path, target, this.#rules.links);
    if (parts !== undefined) this.#looseEnds.push({ path, parts });
    this.#create(path, (entry) => {
      symlinkSync(fsPath(target), entry);
      if (mtime !== undefined) lutimesSync(entry, mtime, mtime);
    });
  }

  /** Makes another name for an entry that is there: a regular file, or a symbolic link, which is copied. */
  hardLink(path: ByteName, target: ByteName): void {
    const shown = showName(path);
    const refuse = (what: string): Refusal =>
      refuseEntry(shown, 'archive/link', `is a hard link to "${showName(target)}", ${what}`);
    using source = this.#find(parentOf(target));
    const from = source?.path(baseOf(target));
    const stat = from === undefined || target === '' ? undefined : lstatIfExists(from);
    if (from === undefined || stat === undefined) throw refuse('which does not come before it');
    if (stat.isSymbolicLink()) {
      this.symlink(path, readlinkSync(from, { encoding: 'latin1' }), stat.mtimeMs / 1000);
    } else if (stat.isFile()) {
      // A name that replaces itself would be gone before it is linked.
      if (path !== target) this.#create(path, (entry) => linkSync(from, entry));
    } else {
      throw refuse('which is a directory');
    }
  }

  /** A node system error while an entry was made, told with its path at the destination. */
  failed(path: ByteName, error: unknown): unknown {
    return refusalOf('unpack', error, `${this.#path}/${showName(path)}`);
  }

  /**
   * Puts everything in its place. Throws a `Refusal` where a link turns out to lead outside, and node's own
   * errors.
   */
  commit(): void {
    for (const { path, parts } of this.#looseEnds) this.#checkLooseEnd(path, parts);
    const root = this.#directories.get('' as ByteName) ?? { mode: 0o755, mtime: undefined };
    this.#directories.delete('' as ByteName);
    // Deepest first: making an entry changes its directory's time, and a directory may deny its owner access.
    const paths = [...this.#directories.keys()].sort((a, b) =>
      treeOrder(a) < treeOrder(b) ? 1 : -1,
    );
    for (const path of paths) {
      this.#guarded(path, () => this.#finish(this.#enter(path), this.#directories.get(path)!));
    }
    this.#leave(1);
    const top = this.#open[0]!.directory;
    this.#finish(top, root);
    // An empty directory in the way is replaced in the same step.
    renameSync(this.#staging, this.#path);
    this.#committed = true;
  }

  [Symbol.dispose](): void {
    try {
      if (!this.#committed) {
        removeContents(this.#open[0]!.directory);
        rmdirSync(this.#staging);
      }
    } catch {
      // The disk that refuses this has refused something before, and that is what the caller is told.
    }
    this.#leave(0);
  }

  /** Node cannot read the umask without changing it for a moment, so it is seen by what it does. */
  #setMode(fd: number, mode: number): void {
    if ((fstatSync(fd).mode & 0o7777) === mode) this.#plainModes.add(mode);
    else fchmodSync(fd, mode);
  }

  #finish(directory: Directory, { mode, mtime }: Attributes): void {
    fchmodSync(directory.fd, mode);
    if (mtime !== undefined) futimesSync(directory.fd, mtime, mtime);
  }

  /** Makes an entry, once more after removing one of the same name if that is the rule. */
  #create<T>(path: ByteName, make: (entry: string | Buffer) => T): T {
    if (path === '') {
      throw refuseEntry('.', 'archive/conflict', 'is the destination itself, but no directory');
    }
    return this.#guarded(path, () => {
      const entry = this.#enter(parentOf(path)).path(baseOf(path));
      try {
        return make(entry);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      const shown = showName(path);
      if (lstatSync(entry).isDirectory()) {
        throw refuseEntry(shown, 'archive/conflict', 'comes as a directory and as something else');
      }
      if (this.#rules.duplicates === 'refuse') {
        throw refuseEntry(shown, 'archive/duplicate', 'comes twice');
      }
      unlinkSync(entry);
      return make(entry);
    });
  }

  #mkdir(parent: Directory, path: ByteName): void {
    const entry = parent.path(baseOf(path));
    try {
      mkdirSync(entry, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      throw refuseEntry(
        showName(path),
        'archive/conflict',
        'comes as a directory and as something else',
      );
    }
  }

  /** The open directory of a path; directories that no entry made are made, with mode 0755. */
  #enter(path: ByteName): Directory {
    if (path === this.#parent) return this.#open.at(-1)!.directory;
    const components = componentsOf(path);
    let depth = 0;
    while (depth < components.length && this.#open[depth + 1]?.name === components[depth]) depth++;
    this.#leave(depth + 1);
    for (; depth < components.length; depth++) {
      const above = this.#open.at(-1)!.directory;
      const name = components[depth]!;
      const whole = components.slice(0, depth + 1).join('/') as ByteName;
      if (!this.#directories.has(whole)) {
        this.#mkdir(above, whole);
        this.#directories.set(whole, { mode: 0o755, mtime: undefined });
      }
      this.#open.push({ name, directory: above.enter(name) });
      this.#parent = whole;
    }
    return this.#open.at(-1)!.directory;
  }

  /** Closes all but the first `count` open directories. */
  #leave(count: number): void {
    while (this.#open.length > count) this.#open.pop()!.directory[Symbol.dispose]();
    this.#parent = this.#open
      .slice(1)
      .map(({ name }) => name)
      .join('/') as ByteName;
  }

  /** A second handle on a directory that is there; undefined when it is not, or something else is. */
  #find(path: ByteName): Directory | undefined {
    let found = Directory.open(this.#staging);
    for (const component of componentsOf(path)) {
      using above = found;
      try {
        found = above.enter(component);
      } catch (error) {
        if (NOT_THERE.has(errnoOf(error) ?? '')) return undefined;
        throw error;
      }
    }
    return found;
  }

  /** Follows the part of a link that may not pass another one, looking up each name on the way. */
  #checkLooseEnd(path: ByteName, parts: readonly ByteName[]): void {
    const at = componentsOf(parentOf(path));
    for (const part of parts) {
      if (part === '..') {
        at.pop();
        continue;
      }
      at.push(part);
      const passed = at.join('/') as ByteName;
      using parent = this.#find(parentOf(passed));
      if (parent === undefined || lstatIfExists(parent.path(part))?.isSymbolicLink() !== true)
        continue;
      throw refuseEntry(
        showName(path),
        'archive/outside',
        `is a symbolic link that passes another one, "${showName(passed)}", and then goes up`,
      );
    }
  }

  /** Runs file system calls for an entry; their errors tell its path at the destination. */
  #guarded<T>(path: ByteName, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.failed(path, error);
    }
  }
}

const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function lstatIfExists(path: string | Buffer): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Paths compared by this keep what is below a directory right after it. */
function treeOrder(path: ByteName): string {
  return path.replaceAll('/', '\0');
}

function checkVacant(path: string): void {
  const stat = lstatIfExists(path);
  if (stat === undefined) return;
  const found = stat.isSymbolicLink()
    ? 'a symbolic link'
    : stat.isDirectory()
      ? readdirSync(path).length === 0
        ? undefined
        : 'a directory that is not empty'
      : 'a file';
  if (found === undefined) return;
  throw new Refusal(
    definitionError({
      code: 'archive/destination',
      message: `cannot unpack to ${path}: there is ${found}; expected nothing, or an empty directory`,
    }),
  );
}
