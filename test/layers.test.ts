// The architecture as a test: a folder imports only from folders below it, type imports included.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** From the top down, as in the design's section 3. */
const LAYERS = [
  'cli',
  'server',
  'report',
  'bootstrap',
  'package',
  'install',
  'format',
  'task',
  'cache',
  'remote',
  'sandbox',
  'blueprint',
  'base',
];

/** The three pillars meet only above: these know nothing of the module language. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ['task', 'blueprint'],
  ['install', 'blueprint'],
  ['format', 'blueprint'],
  ['cache', 'blueprint'],
  ['remote', 'blueprint'],
  ['sandbox', 'blueprint'],
];

const src = resolve(import.meta.dirname, '../src');

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, target]) => ({ from: file, to: resolve(dirname(file), target!) }));
}

const imports = sources(src).flatMap(importsOf);
const layerOf = (file: string): string => relative(src, file).split('/')[0]!;

test('every folder of src has its place in the table', () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).filter((name) => !LAYERS.includes(name))).toEqual([]);
});

test('imports only go down', () => {
  const upward = imports.filter(({ from, to }) => {
    const [above, below] = [layerOf(from), layerOf(to)];
    if (above === below || above === 'index.ts') return false;
    return LAYERS.indexOf(above) > LAYERS.indexOf(below) || !LAYERS.includes(below);
  });
  expect(upward.map(({ from, to }) => `${relative(src, from)} → ${relative(src, to)}`)).toEqual([]);
});

test('folders that may not know each other do not', () => {
  const banned = imports.filter(({ from, to }) =>
    STRANGERS.some(([above, below]) => layerOf(from) === above && layerOf(to) === below),
  );
  expect(banned.map(({ from, to }) => `${relative(src, from)} → ${relative(src, to)}`)).toEqual([]);
});

test('no file imports itself through others', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push(
        [...path.slice(path.indexOf(file)), file].map((f) => relative(src, f)).join(' → '),
      );
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});
