// Speed of the Blueprints language: parsing, and parsing and printing, on one thread, over a generated
// corpus of 5,000 files and 15 MB. Needs `npm run build`. Runs alone too: `node bench/syntax.js`.
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { printRows } from './row.js';

const FILES = 5_000;
const BYTES = 15_000_000;
const RUNS = 5;

/** What the field's own tools reach, compiled, on the machine the targets come from: MB/s. */
const ORIGINAL = { parse: 146, print: 83 };

/** @returns {Promise<import('./row.js').Row[]>} */
export async function syntaxBench() {
  const { decodeSource, format, parse } = await import('../dist/syntax.js');
  const corpus = generate();
  const megabytes = corpus.reduce((sum, { length }) => sum + length, 0) / 1e6;

  const parsing = throughput(corpus, (bytes) => parse(decodeSource('Blueprints', bytes)));
  const printing = throughput(corpus, (bytes) => format(decodeSource('Blueprints', bytes)));
  const memory = [1, 4].map((times) =>
    heapOf(() => {
      const text = Buffer.concat(Array.from({ length: times }, () => corpus.slice(0, 300)).flat());
      return parse(decodeSource('Blueprints', text));
    }),
  );

  return [
    speed('parse', megabytes / parsing, 30, ORIGINAL.parse),
    speed('parse and print', megabytes / printing, 15, ORIGINAL.print),
    {
      name: 'tree memory, 4 times the text',
      value: memory[1] / memory[0],
      unit: 'times',
      target: 'about 4 (linear)',
      note: `${(memory[0] / ((megabytes * 1e6 * 300) / FILES)).toFixed(1)} bytes per byte of text`,
    },
  ];
}

function speed(name, value, target, original) {
  return {
    name,
    value,
    unit: 'MB/s',
    target: `at least ${target} MB/s`,
    note: `the Go original: ${original} MB/s, ${(original / value).toFixed(1)} times as fast`,
  };
}

/** Seconds for the whole corpus, of the fastest run: whatever else the machine does only adds. */
function throughput(corpus, read) {
  const seconds = [];
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    for (const bytes of corpus) {
      const result = read(bytes);
      if (result.ok === false || result.diagnostics?.length > 0)
        throw new Error('corpus is broken');
    }
    // The first run compiles.
    if (run > 0) seconds.push((performance.now() - started) / 1000);
  }
  return Math.min(...seconds);
}

function heapOf(make) {
  const before = usedHeap();
  const held = make();
  const after = usedHeap();
  if (held === undefined) throw new Error('nothing made');
  return after - before;
}

function usedHeap() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** The corpus, the same on every machine: what module definitions of large trees look like. */
export function generate() {
  const random = randomFrom(1);
  return Array.from({ length: FILES }, () => {
    let text = HEAD;
    while (text.length < BYTES / FILES) text += module(random);
    return Buffer.from(text);
  });
}

const HEAD = `// Copyright (C) 2015 The Authors
//
// Licensed under the Apache License, Version 2.0 (the "License");
// you may not use this file except in compliance with the License.

common_cflags = [
    "-Wall",
    "-Werror",
]

`;
const TYPES = ['cc_library', 'cc_binary', 'cc_test', 'genrule', 'java_library', 'filegroup'];
const WORDS = [
  'render',
  'util',
  'audio',
  'test',
  'proto',
  'shared',
  'core',
  'net',
  'base',
  'linux',
];

function module(random) {
  const pick = (list) => list[random(list.length)];
  const word = () => `${pick(WORDS)}_${pick(WORDS)}${random(100)}`;
  const list = (make, indent) =>
    `[\n${Array.from({ length: 1 + random(12) }, () => `${indent}    "${make()}",\n`).join('')}${indent}]`;
  const lines = [`${pick(TYPES)} {`, `    name: "lib${word()}",`];
  if (random(3) === 0) lines.push(`    // The ${pick(WORDS)} part.`);
  lines.push(`    srcs: ${list(() => `src/${pick(WORDS)}/${word()}.cpp`, '    ')},`);
  lines.push(`    cflags: common_cflags + ${list(() => `-D${word().toUpperCase()}=1`, '    ')},`);
  if (random(2) === 0) lines.push(`    shared_libs: ${list(() => `lib${word()}`, '    ')},`);
  if (random(2) === 0) {
    lines.push(
      '    target: {',
      '        linux: {',
      `            srcs: ${list(() => `${word()}.S`, '            ')},`,
    );
    lines.push('        },', '    },');
  }
  lines.push(`    host_supported: ${pick(['true', 'false'])},`);
  if (random(4) === 0) lines.push(`    sdk_version: ${random(40)}, // since ${random(9)}`);
  lines.push('}', '', '');
  return lines.join('\n');
}

function randomFrom(seed) {
  let state = (seed * 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printRows(await syntaxBench());
