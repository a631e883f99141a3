// What the bundle needs at run time besides its own code lies where it looks for it.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const chunks = resolve(import.meta.dirname, '../../dist/chunk');

test('the Zstandard compressor is beside the chunk that loads it', () => {
  const library = createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm');
  const original = readFileSync(join(library, '../zstd.wasm'));
  expect(readFileSync(join(chunks, 'zstd.wasm')).equals(original)).toBe(true);
});

test('no chunk looks for files by a name that ESM does not have', () => {
  const scripts = readdirSync(chunks).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(0);
  for (const name of scripts) {
    expect(readFileSync(join(chunks, name), 'utf8'), name).not.toMatch(/\b__dirname\b/);
  }
});
