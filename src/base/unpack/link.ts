// Decides which symbolic links in an archive may be made. Looks only at the text of a link; what has to
// be looked up in the unpacked tree is left to the destination.
import { showName, type ByteName } from '../bytename.ts';
import { refuseEntry } from './limits.ts';
import { componentsOf, parentOf } from './name.ts';

/**
 * `inside`: a link leads to somewhere below the destination, whatever other links it passes.
 * `any`: it may hold any text (packages link into the install root). Neither is ever followed.
 */
export type LinkRule = 'inside' | 'any';

/** Linux allows 4095 bytes. */
const TARGET_MAX = 4095;

/**
 * Checks the target of a link at `path`; throws a `Refusal` (`archive/link`, `archive/outside`). Returns
 * the part of the target that must not pass another link: up to its last `..`, when names come before it.
 *
 * Leading `..` count from the directory the link really lies in, and names only lead down or through links
 * that were checked in the same way. Only a `..` after a name may start from somewhere else.
 */
export function checkTarget(
  path: ByteName,
  target: string,
  rule: LinkRule,
): readonly ByteName[] | undefined {
  const shown = showName(path);
  if (target === '') throw refuseEntry(shown, 'archive/link', 'is a symbolic link to nothing');
  if (target.includes('\0')) {
    throw refuseEntry(shown, 'archive/link', 'is a symbolic link with a NUL byte in its target');
  }
  if (target.length > TARGET_MAX) {
    throw refuseEntry(
      shown,
      'archive/link',
      `is a symbolic link with a target of ${target.length} bytes; the limit is ${TARGET_MAX}`,
    );
  }
  if (rule === 'any') return undefined;
  if (target.startsWith('/')) {
    throw refuseEntry(
      shown,
      'archive/outside',
      `is a symbolic link to the absolute path "${showName(target)}"`,
      { hint: 'links in this archive must be relative and stay inside it' },
    );
  }
  return checkInside(path, target);
}

function checkInside(path: ByteName, target: string): readonly ByteName[] | undefined {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.') as ByteName[];
  let depth = componentsOf(parentOf(path)).length;
  for (const part of parts) {
    depth += part === '..' ? -1 : 1;
    if (depth >= 0) continue;
    throw refuseEntry(
      showName(path),
      'archive/outside',
      `is a symbolic link that leads out of the destination: "${showName(target)}"`,
      { hint: 'links in this archive must be relative and stay inside it' },
    );
  }
  const lastUp = parts.lastIndexOf('..' as ByteName);
  const firstName = parts.findIndex((part) => part !== '..');
  return firstName !== -1 && firstName < lastUp ? parts.slice(0, lastUp + 1) : undefined;
}
