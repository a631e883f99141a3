// The environment that a package gives to what requires it: names and values, as text. What cannot take
// effect is warned of, not refused, because it was always hashed.
import { warning, type Collector } from '../base/diagnostic.ts';
import { describe, type JsonMember, type JsonNode } from '../base/json.ts';
import type { Span } from '../base/span.ts';
import { membersOf, typeError } from './fields.ts';

/** Set by whoever activates packages: no package may change them. */
const RESERVED = ['PATH', 'LD_LIBRARY_PATH'];

/** Reads the member; warnings `buildinfo/environment` and `definition/type`. */
export function readEnvironment(
  member: JsonMember,
  out: Collector,
): ReadonlyMap<string, string> | undefined {
  // Null has no hash, which is an error of its own.
  if (member.value.kind === 'null') return undefined;
  if (member.value.kind !== 'object') {
    out.add({ ...typeError(member, 'an object'), severity: 'warning' });
    return undefined;
  }
  const environment = new Map<string, string>();
  for (const [name, { keyAt, value }] of membersOf(member.value)) {
    const text = textOf(value);
    if (RESERVED.includes(name)) {
      warn(`"${name}" is set by the installation; such a package cannot be installed`, keyAt, out);
    } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      warn(`"${name}" is no name of an environment variable`, keyAt, out);
    } else if (text === undefined && value.kind !== 'null') {
      warn(`"${name}" must be a string, found ${describe(value)}`, value.at, out);
    }
    environment.set(name, text ?? '');
  }
  return environment;
}

function warn(message: string, at: Span, out: Collector): void {
  out.add(warning({ code: 'buildinfo/environment', message, at }));
}

/** Numbers as written; booleans in the spelling that environment files always had. */
function textOf(value: JsonNode): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'number':
      return value.text;
    case 'boolean':
      return value.value ? 'True' : 'False';
    default:
      return undefined;
  }
}
