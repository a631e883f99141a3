// The Blueprints language as a library (`ashlar/syntax`), usable without the rest of Ashlar.
export type { Diagnostic, Note, Result } from '../../base/diagnostic.ts';
export { formatDiagnostic } from '../../base/diagnostic.ts';
export type { Position, Source, Span } from '../../base/span.ts';
export { positionAt } from '../../base/span.ts';
export { decodeSource } from './source.ts';
export { parse, type Parsed, type ParseOptions } from './parse.ts';
export { evaluate, evaluateCase, evaluateExpression, type Evaluated } from './evaluate.ts';
export { Scope, type Binding, type ScopedSelect, type Value } from './scope.ts';
export { bytePosition, type BytePosition } from './position.ts';
export type * from './tree.ts';
export { nameSpan, typeSpan } from './tree.ts';
