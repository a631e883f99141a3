// The files and links that are seen in a kept layer: its own directory over those of the layers below.
// What an upper one hides by a whiteout (a character device 0:0, as overlayfs has it) is not seen.
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { bytesOfName } from '../base/bytename.ts';
import type { Layer, Layers } from './layer.ts';
import type { HistoryEntry } from './repository.ts';

export function layerEntries(layers: Layers, layer: Layer, prefix: string): HistoryEntry[] {
  const entries = new Map<string, HistoryEntry>();
  for (const path of layers.filesOf(layer).keys()) {
    const found = topmost(layer, path);
    if (found === undefined || !found.stat.isFile()) continue;
    const name = prefix + Buffer.from(path, 'latin1').toString('utf8');
    const mode = (found.stat.mode & 0o111) === 0 ? '100644' : '100755';
    entries.set(name, { path: name, mode, content: () => readFileSync(found.file) });
  }
  for (const [path, target] of linksOf(layer)) {
    const name = prefix + Buffer.from(path, 'latin1').toString('utf8');
    entries.set(name, { path: name, mode: '120000', content: () => target });
  }
  return [...entries.values()];
}

/** Paths are bytes, as characters. */
function fileIn(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), bytesOfName(path)]);
}

function topmost({ directories }: Layer, path: string): { file: Buffer; stat: Stats } | undefined {
  for (const directory of directories) {
    const file = fileIn(directory, path);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat !== undefined) return { file, stat };
  }
  return undefined;
}

function linksOf(layer: Layer): Map<string, Buffer> {
  const links = new Map<string, Buffer>();
  for (const directory of layer.directories) {
    const pending = [''];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const entry of readdirSync(fileIn(directory, at), {
        withFileTypes: true,
        encoding: 'buffer',
      })) {
        const path = `${at === '' ? '' : `${at}/`}${entry.name.toString('latin1')}`;
        if (entry.isDirectory()) pending.push(path);
        else if (entry.isSymbolicLink() && isSeen(layer, directory, path)) {
          links.set(path, readlinkSync(fileIn(directory, path), { encoding: 'buffer' }));
        }
      }
    }
  }
  return links;
}

/** Whether no layer above has anything of that path, or hides a directory that it is in. */
function isSeen({ directories }: Layer, directory: string, path: string): boolean {
  const parts = path.split('/');
  for (const above of directories.slice(0, directories.indexOf(directory))) {
    for (let length = 1; length <= parts.length; length++) {
      const stat = lstatSync(fileIn(above, parts.slice(0, length).join('/')), {
        throwIfNoEntry: false,
      });
      if (stat === undefined) break;
      if (length === parts.length || !stat.isDirectory()) return false;
    }
  }
  return true;
}
