// The hash of a folder as pkgpanda's ids have it: file contents by relative path. What it leaves out is
// the format's: modes, owners, times, links to directories. Iterative, as folders may be nested deeply.
import { isUtf8 } from 'node:buffer';
import { readdirSync, statSync } from 'node:fs';
import { Collector, definitionError, type Diagnostic } from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import type { Entry } from '../base/stat/record.ts';
import type { Files } from '../base/stat/table.ts';
import { hashMembers, hashText, type Sha1Hex } from './identity.ts';

/** The hash of a folder with nothing in it that counts. */
export const EMPTY_FOLDER = hashMembers(new Map());

/**
 * Hashes a folder: files and links to files by content, empty folders by name; a link to a folder counts
 * for nothing but its parent's not being empty. A folder that is none has the hash of an empty one.
 * Errors, each at its file: `folder/dangling-link`, `folder/link-loop`, `folder/special-file`,
 * `folder/name-encoding`, and those of files that cannot be read. `shown` names a path in messages.
 */
export function hashFolder(
  directory: string,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): Sha1Hex {
  const found = new Collector();
  let all: Sha1Hex | undefined;
  const known = files.summary(directory, () => {
    all = hashAll(directory, files, shown, found);
    return found.diagnostics.length === 0 ? all : undefined;
  });
  for (const one of found.diagnostics) out.add(one);
  return (known as Sha1Hex | undefined) ?? all!;
}

function hashAll(
  directory: string,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): Sha1Hex {
  const hashes = new Map<string, Sha1Hex>();
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = listFolder(directory + folder, folder === '', files, shown, out);
    if (entries.length === 0 && folder !== '') hashes.set(folder.slice(1), hashText(''));
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (entry.kind === 'directory') pending.push(path);
      else {
        const hash = hashEntry(directory + path, entry, files, shown, out);
        if (hash !== undefined) hashes.set(path.slice(1), hashText(hash));
      }
    }
  }
  return hashMembers(hashes);
}

function listFolder(
  folder: string,
  mayBeNone: boolean,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): readonly Entry[] {
  try {
    const entries = files.list(folder);
    // A replacement character may be the name's own, or the sign of bytes that are no UTF-8.
    if (!entries.some(({ name }) => name.includes('\ufffd'))) return entries;
    const foreign = readdirSync(folder, { encoding: 'buffer' }).filter((name) => !isUtf8(name));
    for (const name of foreign) {
      out.add(
        definitionError({
          code: 'folder/name-encoding',
          message: `the name "${name.toString('latin1')}" is not UTF-8`,
          at: { file: shown(folder) },
          hint: 'rename the file: what its name is made of could not be hashed',
        }),
      );
    }
    const bad = new Set(foreign.map((name) => name.toString('utf8')));
    return entries.filter(({ name }) => !bad.has(name));
  } catch (error) {
    const none = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '');
    if (!none || !mayBeNone) out.add(systemError('read', error, shown(folder)));
    return [];
  }
}

function hashEntry(
  path: string,
  entry: Entry,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): string | undefined {
  try {
    const target = entry.kind === 'link' ? statSync(path) : undefined;
    if (entry.kind === 'file' || target?.isFile() === true) return files.sha1(path);
    if (target?.isDirectory() === true) return undefined;
    out.add(unhashable('special-file', 'it is neither a file nor a folder', shown(path)));
  } catch (error) {
    if (entry.kind === 'link' && errnoOf(error) === 'ENOENT') {
      out.add(unhashable('dangling-link', 'the link leads nowhere', shown(path)));
    } else if (errnoOf(error) === 'ELOOP') {
      out.add(unhashable('link-loop', 'the link leads back to itself', shown(path)));
    } else out.add(systemError('read', error, shown(path)));
  }
}

function unhashable(code: string, what: string, file: string): Diagnostic {
  const message = `${what}, so it cannot be hashed`;
  return definitionError({ code: `folder/${code}`, message, at: { file } });
}
