// The Blueprints files that the editor's folders hold, as they are in the editor or on disk, with what
// is computed from them. Any change of a file makes all that is computed anew, on demand: parsing is
// kept per file, and everything else is quick. Knows nothing of the protocol.
import { posix } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Source } from '../../base/span.ts';
import { getProperty } from '../../blueprint/syntax/edit.ts';
import { evaluate } from '../../blueprint/syntax/evaluate.ts';
import { nameOf } from '../../blueprint/syntax/modify.ts';
import { parse } from '../../blueprint/syntax/parse.ts';
import { Scope, type Value } from '../../blueprint/syntax/scope.ts';
import { NOT_INHERITED } from '../../blueprint/syntax/walk.ts';
import type { Assignment, File, Module, StringLiteral } from '../../blueprint/syntax/tree.ts';

export interface Document {
  /** Absolute. */
  readonly path: string;
  readonly source: Source;
  readonly file: File;
  readonly syntax: readonly Diagnostic[];
}

export interface Analysis {
  readonly scope: Scope;
  /** Those without errors in their values. */
  readonly modules: readonly Module<Value>[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface NamedModule {
  readonly document: Document;
  readonly module: Module;
}

export class Workspace {
  readonly #documents = new Map<string, Document>();
  readonly #analyses = new Map<string, Analysis>();
  #modules: Map<string, NamedModule[]> | undefined;

  /** Takes a file's text, in place of the one there was. */
  set(path: string, text: string): Document {
    const known = this.#documents.get(path);
    if (known?.source.text === text) return known;
    const source = { file: path, text };
    const { file, diagnostics } = parse(source);
    const document = { path, source, file, syntax: diagnostics };
    this.#documents.set(path, document);
    this.#forget();
    return document;
  }

  delete(path: string): void {
    if (this.#documents.delete(path)) this.#forget();
  }

  #forget(): void {
    this.#analyses.clear();
    this.#modules = undefined;
  }

  get(path: string): Document | undefined {
    return this.#documents.get(path);
  }

  documents(): IterableIterator<Document> {
    return this.#documents.values();
  }

  /** The variables of a file, with those it inherits, and what is wrong with it. */
  analysis(document: Document): Analysis {
    let analysis = this.#analyses.get(document.path);
    if (analysis === undefined) {
      const parent = this.parentOf(document);
      const scope = new Scope(parent === undefined ? undefined : this.analysis(parent).scope);
      for (const name of NOT_INHERITED) scope.remove(name);
      if (document.syntax.length > 0) scope.incomplete = true;
      const { modules, diagnostics } = evaluate(document.file, scope);
      analysis = { scope, modules, diagnostics: [...document.syntax, ...diagnostics] };
      this.#analyses.set(document.path, analysis);
    }
    return analysis;
  }

  /** The file whose variables a file inherits: one that names it in `build`, else that of a directory above. */
  parentOf({ path }: Document): Document | undefined {
    const directory = posix.dirname(path);
    const own = this.#ofDirectory(directory);
    if (own !== undefined && own.path !== path && builds(own.file, posix.basename(path)))
      return own;
    for (let above = directory; above !== posix.dirname(above);) {
      above = posix.dirname(above);
      const parent = this.#ofDirectory(above);
      if (parent !== undefined) return parent;
    }
    return undefined;
  }

  #ofDirectory(directory: string): Document | undefined {
    const get = (name: string): Document | undefined =>
      this.#documents.get(posix.join(directory, name));
    return get('Blueprints') ?? get('Android.bp');
  }

  /** Modules by name, where the name is written as a plain string. */
  modules(): ReadonlyMap<string, readonly NamedModule[]> {
    if (this.#modules === undefined) {
      this.#modules = new Map();
      for (const document of this.#documents.values()) {
        for (const module of document.file.definitions) {
          const name = module.kind === 'module' ? nameOf(module) : undefined;
          if (name === undefined || module.kind !== 'module') continue;
          const named = this.#modules.get(name);
          if (named === undefined) this.#modules.set(name, [{ document, module }]);
          else named.push({ document, module });
        }
      }
    }
    return this.#modules;
  }

  /** The modules that a string may refer to: `name`, `:name` or `:name{.tag}`. */
  referred(text: string): readonly NamedModule[] {
    return this.modules().get(text) ?? this.modules().get(bareName(text)) ?? [];
  }

  /** The assignment that gives a variable its value in a file, and its document. */
  assignment(
    document: Document,
    name: string,
  ): { readonly document: Document; readonly assignment: Assignment } | undefined {
    const assignment = this.analysis(document).scope.get(name)?.binding.assignment;
    const owner = assignment === undefined ? undefined : this.get(assignment.source.file);
    return assignment === undefined || owner === undefined
      ? undefined
      : { document: owner, assignment };
  }

  /** A file and all that inherit from it. */
  *heirs(document: Document): Generator<Document> {
    yield document;
    for (const other of this.#documents.values()) {
      let parent = this.parentOf(other);
      while (parent !== undefined && parent !== document) parent = this.parentOf(parent);
      if (parent === document) yield other;
    }
  }
}

/** Without the colon and the tag that some properties want. */
export function bareName(text: string): string {
  return text.replace(/^:/, '').replace(/\{.*\}$/s, '');
}

/** Whether a file's `build` names another, by plain strings. */
function builds({ definitions }: File, name: string): boolean {
  return definitions.some((definition) => {
    if (definition.kind !== 'assignment' || definition.name !== 'build') return false;
    const { value } = definition;
    return (
      value.kind === 'list' &&
      value.values.some((element) => element.kind === 'string' && matches(element.value, name))
    );
  });
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** The string that is a module's name. */
export function nameNode(module: Module): StringLiteral | undefined {
  const value = getProperty(module, 'name')?.value;
  return value?.kind === 'string' ? value : undefined;
}
