// Reading the members of located JSON objects: unknown and missing keys, wrong types, each reported at
// its place. For definitions whose rules a schema cannot say, because what is mistyped may still count.
import {
  definitionError,
  didYouMean,
  type Collector,
  type Diagnostic,
} from '../base/diagnostic.ts';
import { describe, type JsonMember, type JsonNode, type JsonObject } from '../base/json.ts';

/** An object's members by key; of duplicates the last. A map, so that no key can reach a prototype. */
export type Members = ReadonlyMap<string, JsonMember>;

export function membersOf(object: JsonObject): Members {
  return new Map(object.members.map((member) => [member.key, member]));
}

/**
 * Reports keys that are not known (code `definition/unknown-key`), with the nearest one that is, and keys
 * that have a meaning but may not be given (code `definition/reserved-key`).
 */
export function checkKeys(
  members: Members,
  known: readonly string[],
  out: Collector,
  reserved: readonly string[] = [],
): void {
  for (const { key, keyAt: at } of members.values()) {
    if (known.includes(key)) continue;
    if (reserved.includes(key)) {
      const message = `"${key}" cannot be set: it follows from the files around`;
      out.add(definitionError({ code: 'definition/reserved-key', message, at }));
    } else {
      const message = `unknown key "${key}"`;
      const hint = didYouMean(key, known) ?? `known keys are ${known.join(', ')}`;
      out.add(definitionError({ code: 'definition/unknown-key', message, at, hint }));
    }
  }
}

/** What to say of a value of the wrong type (code `definition/type`). `wanted` reads as "a string". */
export function typeError(member: JsonMember, wanted: string): Diagnostic {
  return definitionError({
    code: 'definition/type',
    message: `"${member.key}" must be ${wanted}, found ${describe(member.value)}`,
    at: member.value.at,
  });
}

/** The value of a string member; reports a missing member or another type. */
export function requireString(
  object: JsonObject,
  members: Members,
  key: string,
  out: Collector,
): string | undefined {
  const member = members.get(key);
  if (member !== undefined) return stringOf(member, out);
  out.add(missingKey(object, key));
}

/** The value of a string member, or undefined after reporting another type. */
export function stringOf(member: JsonMember, out: Collector): string | undefined {
  if (member.value.kind === 'string') return member.value.value;
  out.add(typeError(member, 'a string'));
}

/** The value of a boolean member, or undefined after reporting another type. */
export function booleanOf(member: JsonMember, out: Collector): boolean | undefined {
  if (member.value.kind === 'boolean') return member.value.value;
  out.add(typeError(member, 'true or false'));
}

/** The members of an object member, or undefined after reporting another type. */
export function objectOf(member: JsonMember, out: Collector): Members | undefined {
  if (member.value.kind === 'object') return membersOf(member.value);
  out.add(typeError(member, 'an object'));
}

/** The items of an array member, or undefined after reporting another type. */
export function itemsOf(member: JsonMember, out: Collector): readonly JsonNode[] | undefined {
  if (member.value.kind === 'array') return member.value.items;
  out.add(typeError(member, 'an array'));
}

/** What to say of a missing key (code `definition/missing-key`), at the brace that opens the object. */
export function missingKey(object: JsonObject, key: string): Diagnostic {
  return definitionError({
    code: 'definition/missing-key',
    message: `"${key}" is missing`,
    at: { ...object.at, end: object.at.start + 1 },
  });
}
