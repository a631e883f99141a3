// Checks located JSON against a valibot schema, so that every mismatch is a diagnostic at the value's
// own line and column. The schema is walked along the JSON, because valibot takes arrays for objects,
// stops at the first unknown key and does not tell a union's branches apart; what has no structure is
// left to it. Knows nothing of what the definitions mean.
import * as v from 'valibot';
import { definitionError, didYouMean, ok, sortDiagnostics, type Diagnostic } from './diagnostic.ts';
import type { Result } from './diagnostic.ts';
import { describe, member, toPlain, type JsonNode, type JsonObject } from './json.ts';
import type { Span } from './span.ts';

type AnySchema = v.GenericSchema;

/** What the walk looks at. Schemas of other types are left to valibot as a whole. */
type Shape = AnySchema & {
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly item?: Shape;
  readonly wrapped?: Shape;
  readonly value?: Shape;
  readonly key?: Shape | string;
  readonly options?: readonly Shape[];
  readonly pipe?: readonly Shape[];
  readonly literal?: unknown;
};

/** A definition with more mistakes than this is of another kind altogether. */
const MAX_MISMATCHES = 100;

/**
 * Decodes a JSON value. Mismatches are reported all at once (the first hundred), in the order of the
 * file: unknown keys (`schema/unknown-key`, with the nearest known one), missing ones
 * (`schema/missing-key`), wrong types and values (`schema/type`), numbers that JavaScript would round
 * (`schema/number`), and keys that its objects cannot have (`schema/reserved-key`).
 */
export function decode<TSchema extends AnySchema>(
  schema: TSchema,
  node: JsonNode,
): Result<v.InferOutput<TSchema>> {
  const found: Diagnostic[] = [];
  checkRepresentable(node, found);
  check(schema, node, found);
  if (found.length === 0) {
    const parsed = v.safeParse(schema, toPlain(node));
    if (parsed.success) return ok(parsed.output);
    explain(parsed.issues, node, found);
  }
  return { ok: false, diagnostics: sortDiagnostics(found).slice(0, MAX_MISMATCHES) };
}

/** Valibot drops these keys without a word, lest they reach a prototype. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

function checkRepresentable(node: JsonNode, found: Diagnostic[]): void {
  if (found.length >= MAX_MISMATCHES) return;
  if (node.kind === 'array') {
    for (const item of node.items) checkRepresentable(item, found);
  } else if (node.kind === 'object') {
    for (const { key, keyAt, value } of node.members) {
      if (RESERVED.has(key)) {
        found.push(
          definitionError({
            code: 'schema/reserved-key',
            message: `"${key}" cannot be a key here`,
            at: keyAt,
          }),
        );
      }
      checkRepresentable(value, found);
    }
  } else if (node.kind === 'number' && !isExact(node)) {
    found.push(
      definitionError({
        code: 'schema/number',
        message: `${describe(node)} is beyond what can be represented exactly`,
        at: node.at,
      }),
    );
  }
}

function isExact({ text, integer }: { text: string; integer: bigint | undefined }): boolean {
  const value = Number(text);
  return integer === undefined ? Number.isFinite(value) : Number.isSafeInteger(value);
}

/** Walks schema and JSON together as far as both have structure. */
function check(schema: Shape, node: JsonNode, found: Diagnostic[]): void {
  if (found.length >= MAX_MISMATCHES) return;
  const before = found.length;
  if (schema.pipe !== undefined && schema.pipe[0] !== schema) {
    check(schema.pipe[0]!, node, found);
    // What a pipe adds is only asked of values that have the right type.
    if (found.length === before) leaf(schema, node, found);
  } else if (schema.wrapped !== undefined) {
    const takesNull = schema.type === 'nullable' || schema.type === 'nullish';
    if (node.kind !== 'null' || !takesNull) check(schema.wrapped, node, found);
  } else if (schema.type === 'union') {
    checkUnion(schema, node, found);
  } else if (schema.type === 'array') {
    if (node.kind !== 'array') found.push(wrongType('an array', node));
    else for (const item of node.items) check(schema.item!, item, found);
  } else if (
    schema.type === 'record' ||
    schema.type === 'variant' ||
    schema.entries !== undefined
  ) {
    if (node.kind !== 'object') found.push(wrongType('an object', node));
    else if (schema.type === 'record') checkRecord(schema, node, found);
    else if (schema.type === 'variant') checkVariant(schema, node, found);
    else checkEntries(schema, node, found);
  } else {
    leaf(schema, node, found);
  }
}

function wrongType(wanted: string, node: JsonNode): Diagnostic {
  const message = `expected ${wanted}, found ${describe(node)}`;
  return definitionError({ code: 'schema/type', message, at: node.at });
}

function checkRecord(schema: Shape, node: JsonObject, found: Diagnostic[]): void {
  for (const { key, keyAt, value } of node.members) {
    const checked = v.safeParse(schema.key as Shape, key);
    if (!checked.success) {
      for (const issue of checked.issues) found.push(mismatch(issue, `the key "${key}"`, keyAt));
    }
    check(schema.value!, value, found);
  }
}

function checkEntries(schema: Shape, node: JsonObject, found: Diagnostic[]): void {
  const entries = schema.entries!;
  const known = Object.keys(entries);
  for (const key of known) {
    if (member(node, key) === undefined && !isOptional(entries[key]!)) {
      found.push(missingKey(key, node));
    }
  }
  for (const { key, keyAt, value } of node.members) {
    if (found.length >= MAX_MISMATCHES) return;
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    // Of a key written twice the last one counts.
    if (entry !== undefined) {
      if (member(node, key)?.value === value) check(entry, value, found);
    } else if (schema.type === 'strict_object' && !RESERVED.has(key)) {
      found.push(
        definitionError({
          code: 'schema/unknown-key',
          message: `unknown key "${key}"`,
          at: keyAt,
          hint: didYouMean(key, known) ?? `known keys are ${known.join(', ')}`,
        }),
      );
    }
  }
}

function isOptional({ type }: Shape): boolean {
  return type === 'optional' || type === 'exact_optional' || type === 'nullish';
}

function missingKey(key: string, { at }: JsonObject): Diagnostic {
  return definitionError({
    code: 'schema/missing-key',
    message: `"${key}" is missing`,
    at: { ...at, end: at.start + 1 },
  });
}

/** Reports the branch that the value comes nearest to, or that none takes a value of this type. */
function checkUnion(schema: Shape, node: JsonNode, found: Diagnostic[]): void {
  let best: readonly Diagnostic[] | undefined;
  for (const option of schema.options!) {
    const problems: Diagnostic[] = [];
    check(option, node, problems);
    if (problems.length === 0) return;
    const wrongType = problems.some(({ at }) => at === node.at);
    if (!wrongType && (best === undefined || problems.length < best.length)) best = problems;
  }
  if (best === undefined) leaf(schema, node, found);
  else found.push(...best);
}

/** A member with a literal says which branch is meant. */
function checkVariant(schema: Shape, node: JsonObject, found: Diagnostic[]): void {
  const key = schema.key as string;
  const given = member(node, key)?.value;
  if (given === undefined) {
    found.push(missingKey(key, node));
    return;
  }
  const branches = schema.options!.map(({ entries }) => ({ entries, entry: entries?.[key] }));
  const chosen = branches.findIndex(({ entry }) => entry && v.is(entry, toPlain(given)));
  if (chosen !== -1) check(schema.options![chosen]!, node, found);
  else if (branches.some(({ entry }) => entry === undefined)) leaf(schema, node, found);
  else
    for (const issue of v.safeParse(v.union(branches.map(({ entry }) => entry!)), toPlain(given))
      .issues ?? []) {
      found.push(mismatch(issue, describe(given), given.at));
    }
}

/** What valibot itself says of a value without structure, or of structure not walked here. */
function leaf(schema: Shape, node: JsonNode, found: Diagnostic[]): void {
  // Already told, and what valibot would say of the rounded number could be wrong.
  if (node.kind === 'number' && !isExact(node)) return;
  const parsed = v.safeParse(schema, toPlain(node));
  if (!parsed.success) explain(parsed.issues, node, found);
}

function explain(
  issues: readonly v.BaseIssue<unknown>[],
  root: JsonNode,
  found: Diagnostic[],
): void {
  for (const issue of issues) {
    let node = root;
    for (const { key } of issue.path ?? []) {
      if (node.kind === 'array' && typeof key === 'number') node = node.items[key] ?? node;
      else if (node.kind === 'object' && typeof key === 'string') {
        node = member(node, key)?.value ?? node;
      }
    }
    found.push(mismatch(issue, describe(node), node.at));
  }
}

function mismatch(issue: v.BaseIssue<unknown>, what: string, at: Span): Diagnostic {
  const ownWords = !/^Invalid [\w ]+: (Expected|Received) /.test(issue.message);
  return definitionError({
    code: 'schema/type',
    message: ownWords ? issue.message : `expected ${wanted(issue)}, found ${what}`,
    at,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'an array',
  Object: 'an object',
  never: 'nothing',
};

/** What a length check is about; others tell by what they expect. */
const LENGTHS = new Set(['length', 'min_length', 'max_length', 'non_empty']);

function wanted({ expected, type }: v.BaseIssue<unknown>): string {
  if (expected === null) return type === 'check' ? 'another value' : type.replaceAll('_', ' ');
  if (LENGTHS.has(type)) return `a length of ${expected.replace('!0', '>0')}`;
  const parts = expected.replace(/^\((.*)\)$/, '$1').split(' | ');
  return parts.map((part) => WORDS[part] ?? part).join(' or ');
}
