// The text of active.buildinfo.full.json: how each active package was built. Numbers keep the spelling
// they came with, so nothing is lost on the way through.
import { byCodePoint } from '../base/digest.ts';
import type { JsonNode } from '../base/json.ts';
import type { Package } from './package.ts';

/** Package name → its buildinfo.full.json, or null: two-space indent, sorted keys, ASCII, no last newline. */
export function activeBuildinfo(packages: readonly Package[]): string {
  const members = new Map<string, JsonNode | undefined>();
  for (const { name, buildinfo } of packages) members.set(name, buildinfo);
  return object(members, '');
}

function print(node: JsonNode | undefined, indent: string): string {
  switch (node?.kind) {
    case undefined:
    case 'null':
      return 'null';
    case 'boolean':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return ascii(node.value);
    case 'array': {
      const deeper = `${indent}  `;
      return block(
        '[',
        ']',
        node.items.map((item) => print(item, deeper)),
        indent,
      );
    }
    case 'object':
      return object(new Map(node.members.map(({ key, value }) => [key, value])), indent);
  }
}

function object(members: ReadonlyMap<string, JsonNode | undefined>, indent: string): string {
  const sorted = [...members].sort(([a], [b]) => byCodePoint(a, b));
  const deeper = `${indent}  `;
  const lines = sorted.map(([key, value]) => `${ascii(key)}:${print(value, deeper)}`);
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
