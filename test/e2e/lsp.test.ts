// `ashlar lsp`, driven by a scripted client over its standard input and output.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type CompletionItem,
  type Diagnostic,
  type DocumentSymbol,
  type Hover,
  type InitializeResult,
  type Location,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type TextEdit,
} from 'vscode-languageserver/node.js';

const BIN = join(import.meta.dirname, '../../bin/ashlar');

const ROOT = `common = ["-Wall"]
build = ["more.bp"]

cc_library {
    name: "libroot",
    cflags: common,
}
`;
const LIB = `local = common + ["-O2"]

cc_binary {
    name: "app",
    cflags: local,
    static_libs: ["libroot", ":libroot{.doc}"],
    target: {
        linux: {
            srcs: ["x.c"],
        },
    },
}
`;
const MORE = 'cc_library {\n    name: "libmore",\n    cflags: common,\n}\n';

let directory: string;
let child: ChildProcess;
let client: ProtocolConnection;
let initialized: InitializeResult;
const published = new Map<string, Diagnostic[]>();
let wake = (): void => undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ashlar-lsp-'));
  for (const [path, text] of Object.entries({
    Blueprints: ROOT,
    'more.bp': MORE,
    'lib/Blueprints': LIB,
  })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  child = spawn(BIN, ['lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  client = createProtocolConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
  client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    published.set(params.uri, params.diagnostics);
    wake();
  });
  client.listen();
  initialized = await client.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    workspaceFolders: [{ name: 'tree', uri: uri('.') }],
  });
  await client.sendNotification('initialized', {});
});

afterAll(() => {
  client.dispose();
  child.kill();
  rmSync(directory, { recursive: true, force: true });
});

function uri(path: string): string {
  return pathToFileURL(join(directory, path)).href;
}

async function open(path: string, text: string): Promise<void> {
  const textDocument = { uri: uri(path), languageId: 'blueprint', version: 1, text };
  await client.sendNotification('textDocument/didOpen', { textDocument });
}

let version = 1;

async function change(path: string, text: string): Promise<void> {
  const textDocument = { uri: uri(path), version: ++version };
  await client.sendNotification('textDocument/didChange', {
    textDocument,
    contentChanges: [{ text }],
  });
}

async function close(path: string): Promise<void> {
  await client.sendNotification('textDocument/didClose', { textDocument: { uri: uri(path) } });
}

/** Diagnostics of a file, once they are as asked for. */
async function diagnosed(
  path: string,
  wanted: (found: readonly Diagnostic[]) => boolean,
): Promise<readonly Diagnostic[]> {
  for (;;) {
    const found = published.get(uri(path));
    if (found !== undefined && wanted(found)) return found;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** A request at the first place of `needle` in the text, `skip` characters into it. */
async function at<T>(
  method: string,
  path: string,
  text: string,
  needle: string,
  skip = 0,
  more = {},
): Promise<T> {
  const offset = text.indexOf(needle) + skip;
  const before = text.slice(0, offset).split('\n');
  const position = { line: before.length - 1, character: before.at(-1)!.length };
  return client.sendRequest(method, { textDocument: { uri: uri(path) }, position, ...more });
}

function places(locations: readonly Location[]): string[] {
  return locations
    .map(({ uri: file, range: { start, end } }) => {
      const path = file.slice(uri('.').length + 1);
      return `${path}:${start.line}:${start.character}-${end.character}`;
    })
    .sort();
}

test('says what it can', () => {
  expect(initialized.serverInfo?.name).toBe('ashlar');
  expect(initialized.capabilities).toMatchObject({
    documentFormattingProvider: true,
    documentSymbolProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    hoverProvider: true,
  });
});

describe('diagnostics', () => {
  test('come while typing, and go', async () => {
    await open('lib/Blueprints', LIB);
    expect(await diagnosed('lib/Blueprints', () => true)).toEqual([]);
    await change('lib/Blueprints', LIB.replace('common +', 'comon +').replace('name:', 'name'));
    const found = await diagnosed('lib/Blueprints', ({ length }) => length > 0);
    expect(found).toEqual([
      {
        severity: 1,
        code: 'blueprint/syntax',
        source: 'ashlar',
        message: 'expected ":", found String',
        range: { start: { line: 3, character: 9 }, end: { line: 3, character: 14 } },
        relatedInformation: [],
      },
    ]);
    await change('lib/Blueprints', LIB.replace('common +', 'comon +'));
    const [unset] = await diagnosed(
      'lib/Blueprints',
      ([first]) => first?.code !== 'blueprint/syntax',
    );
    expect(unset).toMatchObject({
      code: 'blueprint/variable-not-set',
      message: 'variable "comon" is not set\ndid you mean "common"?',
      range: { start: { line: 0, character: 8 }, end: { line: 0, character: 13 } },
    });
    await change('lib/Blueprints', LIB);
    expect(await diagnosed('lib/Blueprints', ({ length }) => length === 0)).toEqual([]);
  });

  test('follow a change of the file that variables are inherited from', async () => {
    await open('Blueprints', ROOT);
    await change('Blueprints', ROOT.replace('["-Wall"]', '"-Wall"'));
    const [mismatch] = await diagnosed('lib/Blueprints', ({ length }) => length > 0);
    expect(mismatch).toMatchObject({
      code: 'blueprint/operator',
      message: 'mismatched type in operator +: string != list',
      relatedInformation: [
        { message: 'the left side is a string', location: { uri: uri('Blueprints') } },
        { message: 'the right side is a list', location: { uri: uri('lib/Blueprints') } },
      ],
    });
    await close('Blueprints');
    expect(await diagnosed('lib/Blueprints', ({ length }) => length === 0)).toEqual([]);
  });
});

describe('formatting', () => {
  const format = async (path: string): Promise<TextEdit[] | null> =>
    client.sendRequest('textDocument/formatting', {
      textDocument: { uri: uri(path) },
      options: { tabSize: 2, insertSpaces: true },
    });

  test('gives the formatted text', async () => {
    await open('ugly.bp', 'm{name:"x"}\n');
    expect(await format('ugly.bp')).toEqual([
      {
        range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
        newText: 'm {\n    name: "x",\n}\n',
      },
    ]);
  });

  test('changes nothing in what is formatted, or broken', async () => {
    expect(await format('more.bp')).toEqual([]);
    await open('broken.bp', 'm{name:');
    expect(await format('broken.bp')).toEqual([]);
    await close('broken.bp');
  });

  test('knows nothing of files that are not there', async () => {
    expect(await format('nope.bp')).toBeNull();
  });
});

test('document symbols', async () => {
  const symbols: DocumentSymbol[] = await client.sendRequest('textDocument/documentSymbol', {
    textDocument: { uri: uri('lib/Blueprints') },
  });
  const names = (all: readonly DocumentSymbol[] = []): unknown[] =>
    all.map(({ name, detail, children }) => [name, detail, ...names(children)]);
  expect(names(symbols)).toEqual([
    ['local', ''],
    [
      'app',
      'cc_binary',
      ['name', ''],
      ['cflags', ''],
      ['static_libs', ''],
      ['target', '', ['linux', '', ['srcs', '']]],
    ],
  ]);
});

describe('definition', () => {
  const definition = async (path: string, text: string, needle: string, skip = 0) =>
    places(await at<Location[]>('textDocument/definition', path, text, needle, skip));

  test('of a variable, here and in the file above', async () => {
    expect(await definition('lib/Blueprints', LIB, 'local,')).toEqual(['lib/Blueprints:0:0-5']);
    expect(await definition('lib/Blueprints', LIB, 'common +')).toEqual(['Blueprints:0:0-6']);
    expect(await definition('more.bp', MORE, 'common')).toEqual(['Blueprints:0:0-6']);
  });

  test('of a module, also behind a colon', async () => {
    expect(await definition('lib/Blueprints', LIB, '"libroot"', 3)).toEqual(['Blueprints:4:11-18']);
    expect(await definition('lib/Blueprints', LIB, ':libroot', 3)).toEqual(['Blueprints:4:11-18']);
  });

  test('of what has none', async () => {
    expect(await definition('lib/Blueprints', LIB, '"-O2"', 2)).toEqual([]);
    expect(await definition('lib/Blueprints', LIB, 'srcs')).toEqual([]);
  });
});

describe('references', () => {
  const references = async (
    path: string,
    text: string,
    needle: string,
    includeDeclaration: boolean,
  ) =>
    places(
      await at<Location[]>('textDocument/references', path, text, needle, 1, {
        context: { includeDeclaration },
      }),
    );

  test('of a variable, in all files that inherit it', async () => {
    const uses = ['Blueprints:5:12-18', 'lib/Blueprints:0:8-14', 'more.bp:2:12-18'];
    expect(await references('Blueprints', ROOT, 'common =', false)).toEqual(uses);
    expect(await references('lib/Blueprints', LIB, 'common +', true)).toEqual([
      'Blueprints:0:0-6',
      ...uses,
    ]);
  });

  test('of a module', async () => {
    const uses = ['lib/Blueprints:5:19-26', 'lib/Blueprints:5:30-44'];
    expect(await references('Blueprints', ROOT, '"libroot"', false)).toEqual(uses);
    expect(await references('lib/Blueprints', LIB, '"libroot"', true)).toEqual([
      'Blueprints:4:11-18',
      ...uses,
    ]);
  });
});

describe('hover', () => {
  const hover = async (path: string, text: string, needle: string, skip = 0) => {
    const found = await at<Hover | null>('textDocument/hover', path, text, needle, skip);
    return (found?.contents as { value: string } | undefined)?.value;
  };

  test('over a variable shows its value, and where it comes from', async () => {
    const text = await hover('lib/Blueprints', LIB, 'local,');
    expect(text).toBe('```blueprint\nlocal = [\n    "-Wall",\n    "-O2",\n]\n```');
    expect(await hover('lib/Blueprints', LIB, 'common')).toContain('set in ');
  });

  test('over the name of a module shows what it is', async () => {
    expect(await hover('lib/Blueprints', LIB, '"libroot"', 2)).toMatch(
      /^`cc_library` in .*\/Blueprints$/,
    );
    expect(await hover('lib/Blueprints', LIB, 'cc_binary')).toBe(
      'module type `cc_binary`\n\nA program in C.',
    );
    expect(await hover('lib/Blueprints', LIB, 'srcs')).toBe(
      'property `target.linux.srcs` of `cc_binary`, list\n\nused once',
    );
    expect(await hover('lib/Blueprints', LIB, '"-O2"', 2)).toBeUndefined();
  });
});

describe('completion', () => {
  const complete = async (text: string): Promise<Record<string, string>> => {
    const path = 'lib/Blueprints';
    await change(path, text.replace('|', ''));
    const items: CompletionItem[] = await at('textDocument/completion', path, text, '|');
    return Object.fromEntries(items.map(({ label, textEdit }) => [label, textEdit!.newText]));
  };

  test('of module types', async () => {
    await open('typed.bp', 'cc_test {\n}\n');
    expect(await complete(`${LIB}\ncc_|`)).toMatchObject({
      cc_library: 'cc_library',
      cc_binary: 'cc_binary',
      cc_test: 'cc_test',
    });
  });

  test('of properties of the module type, also nested ones, but those that are there', async () => {
    const found = await complete(`${LIB}\ncc_binary {\n    name: "x",\n    |\n}\n`);
    expect(found).toMatchObject({
      cflags: 'cflags: ',
      static_libs: 'static_libs: ',
      target: 'target: ',
      // Nobody uses it here: the stock module type has it.
      include_dirs: 'include_dirs: ',
    });
    expect(found).not.toHaveProperty('name');
    expect(await complete(`${LIB}\ncc_binary {\n    target: {\n        linux: { s|`)).toEqual({
      srcs: 'srcs: ',
    });
  });

  test('of variables', async () => {
    expect(Object.keys(await complete(`${LIB}\ncc_binary {\n    cflags: l|,\n}\n`))).toEqual([
      'common',
      'local',
      'true',
      'false',
      'select',
    ]);
    expect(Object.keys(await complete(`${LIB}x = co|`))).toContain('common');
  });

  test('of names of modules', async () => {
    expect(await complete(`${LIB}m { deps: ["lib|" ] }`)).toMatchObject({
      app: 'app',
      libroot: 'libroot',
      libmore: 'libmore',
    });
    expect(await complete(`${LIB}m { deps: [":lib|\n`)).toMatchObject({ libroot: ':libroot' });
    expect(await complete(`${LIB}m { name: "lib|" }`)).toEqual({});
  });

  test('not in comments', async () => {
    expect(await complete(`${LIB}// cc_|`)).toEqual({});
    expect(await complete(`${LIB}/* cc_| */`)).toEqual({});
  });
});

test('files that come and go on disk are followed', async () => {
  await change('lib/Blueprints', LIB);
  const definition = async () =>
    places(await at<Location[]>('textDocument/definition', 'lib/Blueprints', LIB, '"libroot"', 3));
  const changed = async (type: number) =>
    client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('new/Blueprints'), type }],
    });
  mkdirSync(join(directory, 'new'));
  writeFileSync(join(directory, 'new/Blueprints'), 'm {\n    name: "libroot",\n}\n');
  await changed(1);
  expect(await definition()).toEqual(['Blueprints:4:11-18', 'new/Blueprints:1:11-18']);
  rmSync(join(directory, 'new/Blueprints'));
  await changed(3);
  expect(await definition()).toEqual(['Blueprints:4:11-18']);
});

test('ends when it is told to', async () => {
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await client.sendRequest('shutdown');
  await client.sendNotification('exit');
  expect(await ended).toBe(0);
});
