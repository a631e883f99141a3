// The image `host`: this machine's own /usr, read-only, identified by what is installed and by the
// tools that builds use. Impure, as files may differ that neither of the two shows. The identity is
// worked out anew only when something changed.
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { hostIdentity, type IdentityCache } from './identity.ts';
import type { Image } from './port.ts';

export interface HostImageOptions {
  /** Remembers the identity between runs. Without it, it is worked out each time. */
  readonly cache?: IdentityCache;
  /** The root of the machine looked at: `/` unless given. */
  readonly root?: string;
}

/** Top-level directories that hold programs; on most systems links into /usr. */
const TOP_LEVEL = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/**
 * The machine's own image. `/usr/local` is empty inside: what lies there belongs to no package, so the
 * identity does not cover it. Fails with `sandbox/no-usr` or `fs/…`.
 */
export async function hostImage(options: HostImageOptions = {}): Promise<Result<Image>> {
  const root = options.root ?? '/';
  try {
    if (!isDirectory(join(root, 'usr/bin'))) {
      return failed(
        environmentError({
          code: 'sandbox/no-usr',
          message: `${join(root, 'usr/bin')} is not a directory: this machine keeps its programs elsewhere`,
          hint: 'the image "host" needs the programs below /usr; choose another image',
        }),
      );
    }
    const identity = await hostIdentity(root, options.cache);
    return ok({ name: 'host', identity, impure: true, ...hostRoot(root) });
  } catch (error) {
    return failed(systemError('identify the programs of this machine', error));
  }
}

/** Mounts, links and hidden directories that make a machine's root, whoever is looking. */
export function hostRoot(root: string): Pick<Image, 'mounts' | 'links' | 'hidden'> {
  const mounts = [{ source: join(root, 'usr'), target: '/usr', writable: false }];
  const links: Record<string, string> = {};
  for (const name of TOP_LEVEL) {
    const source = join(root, name);
    const found = lstatSync(source, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() === true) links[`/${name}`] = readlinkSync(source);
    else if (found?.isDirectory() === true) {
      mounts.push({ source, target: `/${name}`, writable: false });
    }
  }
  const alternatives = join(root, 'etc/alternatives');
  if (isDirectory(alternatives)) {
    mounts.push({ source: alternatives, target: '/etc/alternatives', writable: false });
  }
  const local = lstatSync(join(root, 'usr/local'), { throwIfNoEntry: false });
  return { mounts, links, hidden: local?.isDirectory() === true ? ['/usr/local'] : [] };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
