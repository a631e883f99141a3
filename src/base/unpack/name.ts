// Decides which names in an archive may become files. Names are bytes and stay as they are: what cannot
// be taken literally is refused, never interpreted. Knows nothing of formats and file systems.
import { showName, type ByteName } from '../bytename.ts';
import type { Refusal } from '../refusal.ts';
import { refuseEntry } from './limits.ts';

/** NAME_MAX of every file system in use, in bytes. */
const COMPONENT_MAX = 255;

export interface NameRules {
  /** Leading components to take off, counted as GNU tar does: `./` is one. */
  readonly strip: number;
  readonly depth: number;
  /** Bytes of a whole path, without those of the destination. */
  readonly length: number;
}

/** A refusal that says of a name what is wrong with it; of the entry itself, unless it is a name in another. */
export type RefuseName = (
  code: 'archive/name' | 'archive/outside' | 'archive/limit',
  what: string,
) => Refusal;

/**
 * The path of an entry below the destination: components joined by single slashes, '' for the destination
 * itself. Undefined when stripping leaves nothing of it. Throws a `Refusal` that names it:
 * `archive/name` (empty, NUL, too long), `archive/outside` (absolute, `..`), `archive/limit` (depth).
 */
export function entryPath(
  raw: string,
  rules: NameRules,
  refuse: RefuseName = (code, what) => refuseEntry(showName(raw), code, what),
): ByteName | undefined {
  if (raw === '') throw refuse('archive/name', 'has an empty name');
  if (raw.includes('\0')) throw refuse('archive/name', 'has a NUL byte in its name');
  if (raw.startsWith('/')) throw refuse('archive/outside', 'has an absolute name');
  const components: string[] = [];
  for (const component of raw.split('/')) {
    if (component === '..') {
      throw refuse('archive/outside', 'leads out of the destination by ".."');
    }
    if (component.length > COMPONENT_MAX) {
      throw refuse(
        'archive/name',
        `has a component of ${component.length} bytes; file systems take ${COMPONENT_MAX}`,
      );
    }
    components.push(component);
  }
  return join(rules.strip === 0 ? components : stripped(components, rules.strip), rules, refuse);
}

function join(
  components: readonly string[] | undefined,
  rules: NameRules,
  refuse: RefuseName,
): ByteName | undefined {
  if (components === undefined) return undefined;
  const named = components.filter((component) => component !== '' && component !== '.');
  if (named.length === 0 && rules.strip > 0) return undefined;
  if (named.length > rules.depth) {
    throw refuse(
      'archive/limit',
      `is ${named.length} directories deep; the limit is ${rules.depth}`,
    );
  }
  const path = named.join('/') as ByteName;
  if (path.length > rules.length) {
    throw refuse('archive/name', `has a name of ${path.length} bytes`);
  }
  return path;
}

/** What follows the first `strip` runs of slashes, as GNU tar counts; undefined when nothing does. */
function stripped(components: readonly string[], strip: number): string[] | undefined {
  let left = strip;
  for (const [index, component] of components.entries()) {
    if (index > 0 && component === '') continue;
    if (left === 0) return components.slice(index);
    left--;
  }
  return undefined;
}

/** The directory of a path, '' for the destination itself. */
export function parentOf(path: ByteName): ByteName {
  const slash = path.lastIndexOf('/');
  return (slash === -1 ? '' : path.slice(0, slash)) as ByteName;
}

/** The last component of a path. */
export function baseOf(path: ByteName): ByteName {
  return path.slice(path.lastIndexOf('/') + 1) as ByteName;
}

/** The components of a path; none for the destination itself. */
export function componentsOf(path: ByteName): ByteName[] {
  return path === '' ? [] : (path.split('/') as ByteName[]);
}
