// The language server: the protocol on one side, the workspace and what can be asked of it on the other.
// Diagnostics are sent for the documents that are open; all files of the folders are known.
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import {
  CompletionItemKind,
  createConnection,
  DiagnosticSeverity,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  MarkupKind,
  SymbolKind,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type Diagnostic as LspDiagnostic,
  type DocumentSymbol,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver/node.js';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { AnyModuleType } from '../../blueprint/api.ts';
import { isSpan } from '../../base/span.ts';
import { format } from '../../blueprint/syntax/format.ts';
import { decodeSource } from '../../blueprint/syntax/source.ts';
import { findBlueprints, isBlueprint } from '../blueprint/find.ts';
import { schemaCatalogue, usedCatalogue, type Catalogue } from './catalogue.ts';
import { Checker } from './check.ts';
import { completionsAt, type Completion } from './completion.ts';
import { cursorAt } from './cursor.ts';
import { definitionsAt, referencesAt } from './definition.ts';
import { hoverAt } from './hover.ts';
import { outlineOf, type Outline } from './outline.ts';
import { toLocation, toOffset, toPath, toRange } from './range.ts';
import { Workspace, type Document } from './workspace.ts';

/** What is known of module types. */
export interface ServerOptions {
  readonly types: readonly AnyModuleType[];
  /** Whether those are all there are: then modules are checked against them. */
  readonly complete: boolean;
}

/** Serves one editor until it ends the session; the process ends with it, as the protocol wants. */
export function serveEditor(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  options: ServerOptions,
): void {
  const connection = createConnection(input, output);
  const server = new Server(connection, options);
  server.listen();
}

class Server {
  readonly #connection: Connection;
  readonly #documents = new TextDocuments(TextDocument);
  readonly #workspace = new Workspace();
  readonly #catalogue: Catalogue;
  readonly #checker: Checker | undefined;
  #watches = false;
  #folders: readonly string[] = [];

  constructor(connection: Connection, { types, complete }: ServerOptions) {
    this.#connection = connection;
    this.#catalogue = schemaCatalogue(types, usedCatalogue(this.#workspace));
    this.#checker = complete ? new Checker(types) : undefined;
  }

  listen(): void {
    const connection = this.#connection;
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => this.#initialized());
    connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri, type } of changes) this.#changedOnDisk(uri, type);
      this.#publishAll();
    });
    this.#documents.onDidChangeContent(({ document }) => {
      this.#workspace.set(pathOf(document.uri), document.getText());
      this.#publishAll();
    });
    this.#documents.onDidClose(({ document }) => {
      this.#changedOnDisk(document.uri, FileChangeType.Changed);
      void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
      this.#publishAll();
    });
    this.#answer();
    this.#documents.listen(connection);
    connection.listen();
  }

  #initialize({ capabilities, workspaceFolders, rootUri }: InitializeParams): InitializeResult {
    this.#watches = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
    const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri == null ? [] : [rootUri]);
    this.#folders = uris.flatMap((uri) => toPath(uri) ?? []);
    return {
      serverInfo: { name: 'ashlar', version: ASHLAR_VERSION },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        documentFormattingProvider: true,
        documentSymbolProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        hoverProvider: true,
        completionProvider: { triggerCharacters: ['"', ':'] },
      },
    };
  }

  #initialized(): void {
    for (const folder of this.#folders) {
      for (const path of knownFiles(folder)) this.#read(path);
    }
    if (this.#watches) {
      void this.#connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: '**/Blueprints' }, { globPattern: '**/*.bp' }],
      });
    }
    this.#publishAll();
  }

  /** Takes a file from disk, unless the editor has it open. */
  #read(path: string): void {
    if (this.#documents.keys().some((uri) => toPath(uri) === path)) return;
    try {
      this.#workspace.set(path, decodeSource(path, readFileSync(path)).text);
    } catch {
      // It went away, or may not be read: then it is not there for the editor either.
      this.#workspace.delete(path);
    }
  }

  #changedOnDisk(uri: string, type: FileChangeType): void {
    const path = toPath(uri);
    if (path === undefined) this.#workspace.delete(uri);
    else if (type === FileChangeType.Deleted) this.#workspace.delete(path);
    else if (isBlueprint(posix.basename(path), '2025')) this.#read(path);
  }

  #publishAll(): void {
    for (const { uri, version } of this.#documents.all()) {
      const document = this.#workspace.get(pathOf(uri));
      if (document === undefined) continue;
      const analysis = this.#workspace.analysis(document);
      const checked = this.#checker?.check(analysis.modules) ?? [];
      const diagnostics = [...analysis.diagnostics, ...checked];
      void this.#connection.sendDiagnostics({
        uri,
        version,
        diagnostics: diagnostics.map((diagnostic) => toLsp(diagnostic)),
      });
    }
  }

  #answer(): void {
    const connection = this.#connection;
    connection.onDocumentFormatting(({ textDocument }) =>
      this.#in(textDocument.uri, ({ source }) => {
        const formatted = format(source);
        if (!formatted.ok || formatted.value === source.text) return [];
        const whole = toRange({ source, start: 0, end: source.text.length });
        return [{ range: whole, newText: formatted.value }];
      }),
    );
    connection.onDocumentSymbol(({ textDocument }) =>
      this.#in(textDocument.uri, ({ file }) => outlineOf(file).map(toSymbol)),
    );
    connection.onDefinition(({ textDocument, position }) =>
      this.#in(textDocument.uri, (document) => {
        const offset = toOffset(document.source, position);
        return definitionsAt(this.#workspace, document, offset).map(toLocation);
      }),
    );
    connection.onReferences(({ textDocument, position, context }) =>
      this.#in(textDocument.uri, (document) => {
        const offset = toOffset(document.source, position);
        const { includeDeclaration } = context;
        return referencesAt(this.#workspace, document, offset, includeDeclaration).map(toLocation);
      }),
    );
    connection.onHover(({ textDocument, position }) =>
      this.#in(textDocument.uri, (document) => {
        const offset = toOffset(document.source, position);
        const hover = hoverAt(this.#workspace, this.#catalogue, document, offset);
        if (hover === undefined) return null;
        return { contents: { kind: 'markdown', value: hover.text }, range: toRange(hover.at) };
      }),
    );
    connection.onCompletion(({ textDocument, position }) =>
      this.#in(textDocument.uri, (document) => {
        const { source } = document;
        const offset = toOffset(source, position);
        const cursor = cursorAt(source, offset);
        if (cursor === undefined) return [];
        const range = toRange({ source, start: cursor.start, end: offset });
        return completionsAt(this.#workspace, this.#catalogue, document, cursor).map(
          (completion) => ({
            label: completion.label,
            kind: KINDS[completion.kind],
            ...(completion.detail === undefined ? {} : { detail: completion.detail }),
            ...(completion.doc === undefined || completion.doc === ''
              ? {}
              : { documentation: { kind: MarkupKind.Markdown, value: completion.doc } }),
            textEdit: { range, newText: completion.insert ?? completion.label },
          }),
        );
      }),
    );
  }

  /** An answer about a document; none about one that is not known. */
  #in<T>(uri: string, answer: (document: Document) => T): T | null {
    const document = this.#workspace.get(pathOf(uri));
    return document === undefined ? null : answer(document);
  }
}

/** Documents that are no files have their URI in place of a path. */
function pathOf(uri: string): string {
  return toPath(uri) ?? uri;
}

/** The files below a folder, and those above it: their variables are inherited. */
function knownFiles(folder: string): string[] {
  const found = findBlueprints('/', folder, '2025');
  const files = found.ok ? found.value : [];
  for (let above = folder; above !== posix.dirname(above);) {
    above = posix.dirname(above);
    files.push(posix.join(above, 'Blueprints'), posix.join(above, 'Android.bp'));
  }
  return files;
}

function toLsp({ severity, code, message, hint, at, notes = [] }: Diagnostic): LspDiagnostic {
  const nowhere = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return {
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: 'ashlar',
    message: hint === undefined ? message : `${message}\n${hint}`,
    range: at !== undefined && isSpan(at) ? toRange(at) : nowhere,
    relatedInformation: notes.flatMap((note) =>
      note.at !== undefined && isSpan(note.at)
        ? [{ message: note.message, location: toLocation(note.at) }]
        : [],
    ),
  };
}

const KINDS: Record<Completion['kind'], CompletionItemKind> = {
  type: CompletionItemKind.Class,
  property: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  variable: CompletionItemKind.Variable,
  keyword: CompletionItemKind.Keyword,
  module: CompletionItemKind.Module,
};

const SYMBOLS: Record<Outline['kind'], SymbolKind> = {
  module: SymbolKind.Module,
  property: SymbolKind.Property,
  variable: SymbolKind.Variable,
};

function toSymbol({ name, detail, kind, at, nameAt, children }: Outline): DocumentSymbol {
  return {
    name: name === '' ? '""' : name,
    detail,
    kind: SYMBOLS[kind],
    range: toRange(at),
    selectionRange: toRange(nameAt),
    children: children.map(toSymbol),
  };
}
