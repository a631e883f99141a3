// JSON text in the one layout that pkgpanda's files have: two-space indent, sorted keys, `:` without a
// space, ASCII only, no last newline. Numbers of parsed JSON keep the spelling they came with.
import { byCodePoint } from './digest.ts';
import type { JsonNode } from './json.ts';

/** What can be written: parsed JSON, plain values, and maps for objects. */
export type Writable =
  | JsonNode
  | string
  | boolean
  | null
  | readonly Writable[]
  | ReadonlyMap<string, Writable>;

export function formatJson(value: Writable): string {
  return format(value, '');
}

function format(value: Writable, indent: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return ascii(value);
  if (isList(value)) return list(value, indent);
  if (isMap(value)) return object(value, indent);
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(value.value);
    case 'number':
      return value.text;
    case 'string':
      return ascii(value.value);
    case 'array':
      return list(value.items, indent);
    case 'object':
      return object(new Map(value.members.map((member) => [member.key, member.value])), indent);
  }
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: object): value is readonly Writable[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, Writable> {
  return value instanceof Map;
}

function list(items: readonly Writable[], indent: string): string {
  const lines = items.map((item) => format(item, `${indent}  `));
  return block('[', ']', lines, indent);
}

function object(members: ReadonlyMap<string, Writable>, indent: string): string {
  const sorted = [...members].sort(([a], [b]) => byCodePoint(a, b));
  const lines = sorted.map(([key, value]) => `${ascii(key)}:${format(value, `${indent}  `)}`);
  return block('{', '}', lines, indent);
}

function block(open: string, close: string, lines: readonly string[], indent: string): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}${close}`;
}

function ascii(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
