// `ashlar lsp` with build logic: what its schemas say is completed, shown and checked.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node.js';
import { scratch, type Scratch } from '../rig/scratch.ts';

const project = join(import.meta.dirname, '../..');
const program = join(project, 'bin/ashlar');

const LOGIC = `
import { bool, list, moduleType, mutated, oneOf, optional, properties, string } from ${JSON.stringify(pathToFileURL(join(project, 'dist/index.js')).href)};
const widget = moduleType({
  name: 'widget',
  doc: 'Something to **look** at.',
  properties: {
    colour: oneOf(['red', 'green', 'blue'], { doc: 'What it looks like.' }),
    shiny: bool(),
    tags: list(oneOf(['old', 'new'])),
    inner: optional(properties({ depth: string({ doc: 'How deep.' }) })),
    hidden: mutated(string()),
  },
});
export const logic = { moduleTypes: [widget] };
`;

let space: Scratch;
let child: ChildProcess;
let client: ProtocolConnection;
let uri: string;
let version = 0;
const waiting: { version: number; resolve: (found: readonly Diagnostic[]) => void }[] = [];

beforeAll(async () => {
  space = scratch();
  writeFileSync(space.at('logic.mjs'), LOGIC);
  uri = pathToFileURL(space.at('Blueprints')).href;
  child = spawn(program, ['lsp', '--stdio', '--logic', 'logic.mjs'], {
    cwd: space.path,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  client = createProtocolConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
  client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    const at = waiting.findIndex((one) => one.version === params.version);
    if (at !== -1) waiting.splice(at, 1)[0]!.resolve(params.diagnostics);
  });
  client.listen();
  await client.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    workspaceFolders: [{ name: 'tree', uri: pathToFileURL(space.path).href }],
  });
  await client.sendNotification('initialized', {});
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'blueprint', version: ++version, text: '' },
  });
});

afterAll(() => {
  client.dispose();
  child.kill();
  space[Symbol.dispose]();
});

/** Puts a text in the editor; `|` is the cursor. Returns what is wrong with it. */
async function type(text: string): Promise<readonly Diagnostic[]> {
  const mine = ++version;
  const told = new Promise<readonly Diagnostic[]>((resolve) => {
    waiting.push({ version: mine, resolve });
  });
  await client.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: mine },
    contentChanges: [{ text: text.replace('|', '') }],
  });
  return told;
}

function cursor(text: string): { textDocument: { uri: string }; position: object } {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  const position = { line: before.length - 1, character: before.at(-1)!.length };
  return { textDocument: { uri }, position };
}

async function complete(text: string): Promise<CompletionItem[]> {
  await type(text);
  return client.sendRequest('textDocument/completion', cursor(text));
}

const labels = (items: readonly CompletionItem[]): string[] => items.map(({ label }) => label);

test('module types, with what they are', async () => {
  const items = await complete('wid|');
  expect(labels(items)).toContain('widget');
  expect(items.find(({ label }) => label === 'widget')).toMatchObject({
    detail: 'module type',
    documentation: { kind: 'markdown', value: 'Something to **look** at.' },
  });
});

test('properties that a file can set, in their order, with types and documentation', async () => {
  const items = await complete('widget {\n    shiny: true,\n    |\n}\n');
  expect(labels(items)).toEqual(['name', 'colour', 'tags', 'inner']);
  expect(items[1]).toMatchObject({
    detail: 'string',
    documentation: { kind: 'markdown', value: 'What it looks like.' },
  });
  expect(labels(await complete('widget { inner: { | } }'))).toEqual(['depth']);
  expect(labels(await complete('widget { tags: { | } }'))).toEqual([]);
});

test('values, where there are few', async () => {
  expect(labels(await complete('widget { colour: | }')).slice(0, 3)).toEqual([
    '"red"',
    '"green"',
    '"blue"',
  ]);
  expect(labels(await complete('widget { colour: "|" }'))).toEqual(['red', 'green', 'blue']);
  expect(labels(await complete('widget { tags: ["old", "|"] }'))).toEqual(['old', 'new']);
  expect(labels(await complete('widget { shiny: | }')).slice(0, 2)).toEqual(['true', 'false']);
});

test('hovering shows the documentation', async () => {
  const text = 'widget { inner: { dep|th: "x" } }';
  await type(text);
  const hover: Hover = await client.sendRequest('textDocument/hover', cursor(text));
  expect(hover.contents).toEqual({
    kind: 'markdown',
    value: 'property `inner.depth` of `widget`, string\n\nHow deep.',
  });
});

test('modules are checked while typing', async () => {
  const found = await type(
    'widget {\n    name: "w",\n    color: "red",\n    colour: "gren",\n    shiny: 1,\n    hidden: "x",\n}\nwidgt { name: "v" }\n',
  );
  expect(found.map(({ message, range }) => [range.start.line, message])).toEqual([
    [3, '"gren" is not a value of property "colour"\ndid you mean "green"?'],
    [4, 'can\'t assign int64 value to bool property "shiny"'],
    [5, 'mutated field hidden cannot be set in a Blueprint file'],
    [2, 'unrecognized property "color"\ndid you mean "colour"?'],
    [7, 'unrecognized module type "widgt"\ndid you mean "widget"?'],
  ]);
  expect(await type('widget { name: "w", colour: "red" }\n')).toEqual([]);
});

test('build logic that cannot be loaded is reported before anything is served', () => {
  const { status, stderr } = spawnSync(program, ['lsp', '--logic', 'nope.mjs'], {
    cwd: space.path,
    encoding: 'utf8',
    input: '',
  });
  expect(stderr).toContain('nope.mjs');
  expect(status).toBe(3);
});
