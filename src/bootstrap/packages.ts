// The file beside the main manifest that says which packages and images the tree declares: a builder writes it,
// and whoever runs tasks reads it, in another process or in the same one.
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readIfExists, writeIfChanged } from '../base/fs.ts';
import type { Declared } from '../package/module/declared.ts';

/** Goes up when the meaning of the file changes. */
const VERSION = 1;

export function packagesFile(manifest: string): string {
  return join(dirname(manifest), '.ashlar', `${basename(manifest)}.packages-${VERSION}.json`);
}

/** Throws node's own errors. */
export function writeDeclared(file: string, declared: Declared): void {
  mkdirSync(dirname(file), { recursive: true });
  writeIfChanged(file, `${JSON.stringify(declared)}\n`);
}

/** What the modules declared when a manifest was made; nothing where its builder is none of ours. */
export function readDeclared(manifest: string): Declared {
  const text = readIfExists(packagesFile(manifest))?.toString('utf8');
  return text === undefined ? { packages: [], images: [] } : (JSON.parse(text) as Declared);
}
