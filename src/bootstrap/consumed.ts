// Lets Ninja see that a task has made something else. What tasks deploy are links into the store, whose times never
// change, and Ninja goes by times: so what was made of another content is removed, and then made again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { readIfExists, writeIfChanged } from '../base/fs.ts';
import type { ManifestEdge } from './manifestfile.ts';

const RECORD = '.ashlar/consumed.json';

/**
 * Compares files that rules read with what they held when this was last done. `isMade` says which of them
 * tasks make. To be called before Ninja runs; the working directory is the source root.
 */
export function forgetStale(
  buildDir: string,
  edges: readonly ManifestEdge[],
  isMade: (path: string) => boolean,
): void {
  const readers = new Map<string, ManifestEdge[]>();
  for (const edge of edges) {
    for (const input of edge.inputs) {
      if (!isMade(input)) continue;
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [edge]);
      else known.push(edge);
    }
  }
  const file = join(buildDir, RECORD);
  const before = readRecord(file);
  const now: Record<string, string> = {};
  for (const [path, edgesOfIt] of [...readers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content = readIfExists(path);
    if (content === undefined) continue;
    now[path] = digestOf(content).hash;
    if (before[path] === now[path]) continue;
    for (const { outputs } of edgesOfIt)
      for (const output of outputs) rmSync(output, { force: true });
  }
  if (readers.size > 0) writeIfChanged(file, `${JSON.stringify({ ...before, ...now })}\n`);
}

function readRecord(file: string): Readonly<Record<string, string>> {
  const text = readIfExists(file)?.toString('utf8');
  try {
    return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
  } catch {
    // Then everything that rules make of tasks' files is made once more.
    return {};
  }
}
