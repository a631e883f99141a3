// What a manifest builds, and what from: the paths of its build statements, with the values of variables put in.
// Reads what Ninja reads, as far as paths go; knows nothing of dirtiness. Manifests it names are read too.
import { readFileSync } from 'node:fs';

export interface ManifestPaths {
  readonly outputs: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  /** Statements, in their order. */
  readonly edges: readonly ManifestEdge[];
  readonly files: readonly string[];
}

export interface ManifestEdge {
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
}

/** Reads a manifest. Paths are as Ninja compares them. Throws node's own errors for files that are missing. */
export function readManifest(file: string, text = readFileSync(file, 'utf8')): ManifestPaths {
  const reader = new Reader();
  reader.read(file, text, new Map());
  return reader;
}

class Reader implements ManifestPaths {
  readonly outputs = new Set<string>();
  readonly inputs = new Set<string>();
  readonly edges: ManifestEdge[] = [];
  readonly files: string[] = [];

  read(file: string, text: string, scope: Map<string, string>): void {
    if (this.files.includes(file)) return;
    this.files.push(file);
    let start = 0;
    while (start < text.length) {
      let end = lineEnd(text, start);
      let line = text.slice(start, end);
      start = end + 1;
      if (line.endsWith('$') && continues(line)) {
        const pieces = [line.slice(0, -1)];
        do {
          end = lineEnd(text, start);
          line = text.slice(start, end).trimStart();
          start = end + 1;
          pieces.push(continues(line) ? line.slice(0, -1) : line);
        } while (continues(line) && start < text.length);
        line = pieces.join('');
      }
      this.#line(line, scope);
    }
  }

  #line(line: string, scope: Map<string, string>): void {
    if (line.startsWith('build ')) this.#build(line.slice(6), scope);
    else if (line.startsWith('subninja ') || line.startsWith('include ')) {
      const inner = line.startsWith('include ') ? scope : new Map(scope);
      const [path] = splitPaths(line.slice(line.indexOf(' ') + 1), scope);
      if (path !== undefined) this.read(path, readFileSync(path, 'utf8'), inner);
    } else if (/^[A-Za-z0-9_.-]+ *=/.test(line)) {
      const equals = line.indexOf('=');
      scope.set(line.slice(0, equals).trim(), expand(line.slice(equals + 1).trimStart(), scope));
    }
  }

  #build(line: string, scope: ReadonlyMap<string, string>): void {
    const colon = unescaped(line, ':');
    const outputs = splitPaths(line.slice(0, colon), scope);
    for (const path of outputs) this.outputs.add(path);
    const rest = line.slice(colon + 1).trimStart();
    const space = unescaped(rest, ' ');
    const inputs = splitPaths(rest.slice(space), scope);
    for (const path of inputs) this.inputs.add(path);
    this.edges.push({ outputs, inputs });
  }
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

/** Whether a line goes on: it ends in a dollar that is not itself escaped. */
function continues(line: string): boolean {
  let dollars = 0;
  while (line.charCodeAt(line.length - 1 - dollars) === 36) dollars++;
  return dollars % 2 === 1;
}

/** Where a character stands that no dollar escapes; the length if nowhere. */
function unescaped(text: string, char: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '$') at++;
    else if (text[at] === char) return at;
  }
  return text.length;
}

/** Paths between blanks; `|`, `||` and `|@` only part them. */
function splitPaths(text: string, scope: ReadonlyMap<string, string>): string[] {
  const paths: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const end = Math.min(unescaped(rest, ' '), unescaped(rest, '|'));
    if (end > 0) paths.push(canonical(expand(rest.slice(0, end), scope)));
    rest = rest.slice(end).replace(/^[ |]+@? */, '');
  }
  return paths;
}

const ESCAPE = /\$(?:\{([A-Za-z0-9_.-]+)\}|([A-Za-z0-9_-]+)|([ :$|]))/g;

function expand(text: string, scope: ReadonlyMap<string, string>): string {
  if (!text.includes('$')) return text;
  return text.replace(ESCAPE, (_, braced?: string, bare?: string, char?: string) => {
    if (char !== undefined) return char;
    return scope.get(braced ?? bare!) ?? '';
  });
}

/** As Ninja has it: no `.` and no inner `..`, single slashes. */
function canonical(path: string): string {
  if (!/(^|\/)\.{0,2}(\/|$)/.test(path)) return path;
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !rooted) parts.push(part);
  }
  const joined = parts.join('/');
  return rooted ? `/${joined}` : joined === '' ? '.' : joined;
}
