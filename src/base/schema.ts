// Checks located JSON against a valibot schema, so that every mismatch is a diagnostic at the value's
// own line and column. Knows nothing of what the definitions mean.
import * as v from 'valibot';
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from './diagnostic.ts';
import { describe, member, toPlain, type JsonNode } from './json.ts';

type AnySchema = v.GenericSchema;

/**
 * Decodes a JSON value. All mismatches are reported, each once: unknown keys (`schema/unknown-key`, with
 * the nearest known one), missing ones (`schema/missing-key`), wrong types and values (`schema/type`).
 */
export function decode<TSchema extends AnySchema>(
  schema: TSchema,
  node: JsonNode,
): Result<v.InferOutput<TSchema>> {
  const parsed = v.safeParse(schema, toPlain(node));
  if (parsed.success) return ok(parsed.output);
  const diagnostics: Diagnostic[] = unknownKeys(schema, node);
  for (const { issue, path } of parsed.issues.flatMap((issue) => leaves(issue, []))) {
    if (issue.expected !== 'never') diagnostics.push(explain(issue, path, node));
  }
  return failed(...diagnostics);
}

interface Leaf {
  readonly issue: v.BaseIssue<unknown>;
  readonly path: readonly (string | number)[];
}

/** A union's own issue says little: where a branch got further into the value, its issues say more. */
function leaves(issue: v.BaseIssue<unknown>, above: readonly (string | number)[]): Leaf[] {
  const path = [...above];
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'string' || typeof key === 'number') path.push(key);
  }
  const deeper = (issue.issues ?? []).filter((inner) => (inner.path?.length ?? 0) > 0);
  return deeper.length === 0 ? [{ issue, path }] : deeper.flatMap((inner) => leaves(inner, path));
}

function explain(
  issue: v.BaseIssue<unknown>,
  path: readonly (string | number)[],
  root: JsonNode,
): Diagnostic {
  let node: JsonNode = root;
  for (const key of path) {
    if (node.kind === 'array' && typeof key === 'number') {
      node = node.items[key]!;
    } else if (node.kind === 'object' && typeof key === 'string') {
      const entry = member(node, key);
      if (entry === undefined) {
        return definitionError({
          code: 'schema/missing-key',
          message: `"${key}" is missing`,
          at: { ...node.at, end: node.at.start + 1 },
        });
      }
      node = entry.value;
    }
  }
  const ownWords = !/^Invalid (type|key|value): /.test(issue.message);
  return definitionError({
    code: 'schema/type',
    message: ownWords ? issue.message : `expected ${wanted(issue)}, found ${describe(node)}`,
    at: node.at,
  });
}

/** Valibot stops at the first unknown key of an object and does not name the known ones. */
function unknownKeys(schema: AnySchema, node: JsonNode): Diagnostic[] {
  const shape = schema as AnySchema & {
    entries?: Record<string, AnySchema>;
    item?: AnySchema;
    wrapped?: AnySchema;
    value?: AnySchema;
    options?: AnySchema[];
    pipe?: AnySchema[];
  };
  if (shape.pipe !== undefined && shape.pipe[0] !== schema)
    return unknownKeys(shape.pipe[0]!, node);
  if (shape.wrapped !== undefined) return unknownKeys(shape.wrapped, node);
  if (node.kind === 'array' && shape.type === 'array' && shape.item !== undefined) {
    return node.items.flatMap((item) => unknownKeys(shape.item!, item));
  }
  if (node.kind !== 'object') return [];
  if (shape.type === 'record' && shape.value !== undefined) {
    return node.members.flatMap(({ value }) => unknownKeys(shape.value!, value));
  }
  if (shape.type === 'variant' || shape.type === 'union') {
    const objects = (shape.options ?? []).filter((option) => option.type === 'strict_object');
    const fits = objects.find((option) => discriminated(option, node)) ?? objects[0];
    return fits === undefined ? [] : unknownKeys(fits, node);
  }
  if (shape.type !== 'strict_object' || shape.entries === undefined) return [];
  const known = Object.keys(shape.entries);
  return node.members.flatMap(({ key, keyAt, value }) => {
    const entry = Object.hasOwn(shape.entries!, key) ? shape.entries![key] : undefined;
    if (entry !== undefined) return unknownKeys(entry, value);
    return [
      definitionError({
        code: 'schema/unknown-key',
        message: `unknown key "${key}"`,
        at: keyAt,
        hint: didYouMean(key, known) ?? `known keys are ${known.join(', ')}`,
      }),
    ];
  });
}

/** Whether every literal member of an object schema has its value, which picks a variant's branch. */
function discriminated(option: AnySchema, node: JsonNode): boolean {
  if (node.kind !== 'object') return false;
  const entries = (option as { entries?: Record<string, AnySchema> }).entries ?? {};
  return Object.entries(entries).every(([key, entry]) => {
    if (entry.type !== 'literal') return true;
    const given = member(node, key)?.value;
    return (
      given?.kind === 'string' && given.value === (entry as unknown as { literal: unknown }).literal
    );
  });
}

const WORDS: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'an array',
  Object: 'an object',
};

function wanted(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === null) return 'something else';
  const parts = issue.expected.replace(/^\((.*)\)$/, '$1').split(' | ');
  return parts.map((part) => WORDS[part] ?? part).join(' or ');
}
