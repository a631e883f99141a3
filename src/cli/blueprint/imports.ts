// The files that a JavaScript module is made of: itself, and what it imports by a relative path, directly or not.
// Read from the text, before anything runs. An import that is computed is not seen, one that only stands in a
// comment counts: at worst something is analysed once more.
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { byCodePoint, digestOf } from '../../base/digest.ts';

const RELATIVE_IMPORT = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** What may name a package: not a relative path, and not one of Node's own modules. Or nobody knows what. */
const OTHER_IMPORT =
  /\b(?:from|import|require)\s*\(?\s*["'](?!\.{1,2}\/|node:)|\b(?:import|require)\s*\(\s*(?!["'])/;

export interface ImportedFiles {
  readonly paths: readonly string[];
  /** One digest of all these files, in the order of their paths. What cannot be read counts as not there. */
  readonly digest: string;
  /** Whether packages are, or may be, imported too. */
  readonly packages: boolean;
}

/** `program` is the directory of Ashlar itself, whose version says what is in it. */
export function importedFiles(entry: string, program: string): ImportedFiles {
  const found = new Map<string, string>();
  const pending = [resolve(entry)];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (found.has(file) || file.startsWith(program + sep) || !isFile(file)) continue;
    const text = readFileSync(file, 'utf8');
    found.set(file, text);
    for (const [, target] of text.matchAll(RELATIVE_IMPORT)) {
      pending.push(resolve(dirname(file), target!));
    }
  }
  const parts = [...found].sort(([a], [b]) => byCodePoint(a, b));
  return {
    paths: parts.map(([path]) => path),
    digest: digestOf(parts.map(([, text]) => digestOf(text).hash).join('\n')).hash,
    packages: parts.some(([, text]) => OTHER_IMPORT.test(text)),
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
