// The Blueprints language as a library (`ashlar/syntax`), usable without the rest of Ashlar.
export type { Diagnostic, Note, Result } from '../../base/diagnostic.ts';
export { failed, formatDiagnostic, ok } from '../../base/diagnostic.ts';
export type { Position, Source, Span } from '../../base/span.ts';
export { positionAt } from '../../base/span.ts';
export { decodeSource } from './source.ts';
export { parse, type Parsed, type ParseOptions } from './parse.ts';
export { evaluate, evaluateCase, evaluateExpression, type Evaluated } from './evaluate.ts';
export { Scope, type Binding, type ScopedSelect, type Value } from './scope.ts';
export { print, printExpression } from './print.ts';
export { format, formatFile, type FormatOptions } from './format.ts';
export { listIsSorted, sortLists } from './sort.ts';
export * from './edit.ts';
export { modify, nameOf, type Change, type Modification, type Modified } from './modify.ts';
export { addPatch, applyPatches, type Patch } from './patch.ts';
export { naturalLess, naturalSort } from './natural.ts';
export { quote } from './quote.ts';
export { bytePosition, type BytePosition } from './position.ts';
export type * from './tree.ts';
export { nameSpan, typeSpan } from './tree.ts';
export {
  readListedTree,
  readTree,
  type Glob,
  type Tree,
  type TreeFile,
  type TreeFiles,
  type WalkOptions,
} from './walk.ts';
