// Places in the protocol's terms: lines from 0, characters in UTF-16 units; files as URIs.
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Location, Position, Range } from 'vscode-languageserver';
import { positionAt, type Source, type Span } from '../../base/span.ts';

export function toPosition(source: Source, offset: number): Position {
  const { line } = positionAt(source, offset);
  const lineStart = offset === 0 ? 0 : source.text.lastIndexOf('\n', offset - 1) + 1;
  return { line: line - 1, character: offset - lineStart };
}

/** The offset of a position; of one outside of the text, that of the nearest place in it. */
export function toOffset({ text }: Source, { line, character }: Position): number {
  let start = 0;
  for (let i = 0; i < line; i++) {
    const end = text.indexOf('\n', start);
    if (end === -1) return text.length;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + character, end === -1 ? text.length : end);
}

export function toRange({ source, start, end }: Span): Range {
  return { start: toPosition(source, start), end: toPosition(source, end) };
}

export function toLocation(span: Span): Location {
  return { uri: toUri(span.source.file), range: toRange(span) };
}

export function toUri(path: string): string {
  return pathToFileURL(path).href;
}

/** The path of a file's URI; undefined for other schemes, such as unsaved documents. */
export function toPath(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}
