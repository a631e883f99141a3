// Offsets as other tools give them. Columns and lines come from base; bytes are counted here, since
// only the field's own tools ask for them.
import { positionAt, type Source } from '../../base/span.ts';
import { toBytes } from './quote.ts';

/** Byte offset in UTF-8, line and column, the latter two from 1, columns in code points. */
export type BytePosition = readonly [offset: number, line: number, column: number];

/** Where an offset (UTF-16 units) is. A byte order mark counts as a column, like any character. */
export function bytePosition(source: Source, offset: number): BytePosition {
  const { line, column } = positionAt(source, offset);
  return [toBytes(source.text.slice(0, offset)).length, line, column];
}
