// The files of a package as rpm lists them: in the order of their whole paths, each with its digest. Owns
// no directory that belongs to the system, since two packages may not disagree about one.
import { fileDigest } from '../content.ts';
import {
  leadingDirectories,
  ROOT_OWNER,
  walkPayload,
  type Owner,
  type Payload,
} from '../payload.ts';

export interface RpmFile {
  /** Absolute, bytes as characters. */
  readonly path: string;
  /** Kind and permission bits, as `st_mode` has them. */
  readonly mode: number;
  readonly size: number;
  /** SHA-256 of a file, empty for anything else. */
  readonly digest: string;
  /** Of a symbolic link, bytes as characters; empty for anything else. */
  readonly target: string;
  readonly owner: Owner;
  readonly isConfiguration: boolean;
}

const DIRECTORY = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

/** Directories of the file system's hierarchy: other packages bring them. */
const SYSTEM: ReadonlySet<string> = new Set(
  [
    '/bin /boot /dev /etc /etc/opt /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp',
    '/usr /usr/bin /usr/games /usr/include /usr/lib /usr/lib64 /usr/libexec /usr/sbin /usr/share /usr/src',
    '/usr/local /usr/local/bin /usr/local/etc /usr/local/include /usr/local/lib /usr/local/lib64',
    '/usr/local/libexec /usr/local/sbin /usr/local/share /usr/local/src /usr/share/doc /usr/share/info',
    '/usr/share/licenses /usr/share/locale /usr/share/man /usr/share/misc /var /var/cache /var/empty',
    '/var/lib /var/lib/misc /var/local /var/lock /var/log /var/mail /var/opt /var/run /var/spool',
    '/var/spool/mail /var/tmp',
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((section) => `/usr/share/man/man${section}`),
  ].flatMap((line) => line.split(' ')),
);

/**
 * What is below a tree, with the directories of its prefix. Throws a `Refusal`: `archive/special-file`,
 * `archive/limit`, `fs/*`.
 */
export function rpmFiles(payload: Payload): RpmFile[] {
  const files: RpmFile[] = [];
  const add = (file: Partial<RpmFile> & Pick<RpmFile, 'path' | 'mode' | 'owner'>): void => {
    files.push({ size: 0, digest: '', target: '', isConfiguration: false, ...file });
  };
  for (const name of leadingDirectories(payload)) {
    const path = `/${name}`;
    if (!SYSTEM.has(path)) add({ path, mode: DIRECTORY | 0o755, owner: ROOT_OWNER });
  }
  for (const { entry, name, owner, isConfiguration } of walkPayload(payload)) {
    const path = `/${name}`;
    if (entry.type === 'directory') {
      if (!SYSTEM.has(path)) add({ path, mode: DIRECTORY | entry.mode, owner });
    } else if (entry.type === 'symlink') {
      const { target } = entry;
      add({ path, mode: LINK | 0o777, size: target.length, owner, target });
    } else {
      const digest = fileDigest(payload.tree, entry, 'sha256');
      add({ path, mode: FILE | entry.mode, size: entry.size, owner, digest, isConfiguration });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function isFile({ mode }: RpmFile): boolean {
  return (mode & 0o170000) === FILE;
}

/** What it takes on a disk: the bytes of all files. */
export function installedSize(files: readonly RpmFile[]): number {
  return files.filter(isFile).reduce((sum, { size }) => sum + size, 0);
}
