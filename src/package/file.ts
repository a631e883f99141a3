// Reads one definition file: JSON with an object at the top, located. Knows nothing of its keys. An
// empty file stands for `{}`, as it always did in these trees.
import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import {
  definitionError,
  sortDiagnostics,
  type Collector,
  type Diagnostic,
} from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { decodeUtf8, describe, duplicateKeys, parseJson, type JsonObject } from '../base/json.ts';
import type { Source } from '../base/span.ts';

/**
 * Larger files are refused (code `definition/size`): with all its places a value takes a hundred times
 * the memory of its text, and no definition comes near.
 */
export const MAX_DEFINITION_BYTES = 16 << 20;

/** Errors of one file that are reported; the rest is counted. */
export const MAX_REPORTED = 20;

/** A file or folder, and the name that messages give it. */
export interface NamedPath {
  readonly path: string;
  readonly shown: string;
}

/** Messages show paths relative to where the user stands, unless that is far away. */
export function namePath(path: string, cwd: string): NamedPath {
  const near = relative(cwd, path);
  return { path, shown: near.startsWith('../../') ? path : near };
}

/** A file or folder in another folder. */
export function pathIn(folder: NamedPath, name: string): NamedPath {
  const shown = folder.shown === '' ? name : `${folder.shown}/${name}`;
  return { path: `${folder.path}/${name}`, shown };
}

/**
 * The object a file holds, or undefined with the reason in `out`: `definition/size`, `definition/type`,
 * those of `parseJson` and `decodeUtf8`, or that of a file that cannot be read. Duplicate keys are warned of.
 */
export function readDefinition(
  file: NamedPath,
  out: Collector,
  read: (path: string) => Buffer = readFileSync,
): JsonObject | undefined {
  const bytes = readBytes(file, read, out);
  const source = bytes && out.take(decodeUtf8(file.shown, bytes));
  return source && parseDefinition(source, out);
}

/** As `readDefinition`, from text at hand. */
export function parseDefinition(source: Source, out: Collector): JsonObject | undefined {
  const text = blankEnds(source.text);
  if (text === undefined) return { kind: 'object', at: { source, start: 0, end: 0 }, members: [] };
  const node = out.take(parseJson(text === source.text ? source : { file: source.file, text }));
  if (node === undefined) return undefined;
  if (node.kind !== 'object') {
    out.add(
      definitionError({
        code: 'definition/type',
        message: `expected an object, found ${describe(node)}`,
        at: node.at,
      }),
    );
    return undefined;
  }
  for (const one of limited(duplicateKeys(node))) out.add(one);
  return node;
}

function readBytes(
  file: NamedPath,
  read: (path: string) => Buffer,
  out: Collector,
): Buffer | undefined {
  try {
    const bytes = read(file.path);
    if (bytes.length <= MAX_DEFINITION_BYTES) return bytes;
    return tooLarge(file, bytes.length, out);
  } catch (error) {
    // Beyond 2 GiB node does not read at all, and says so with an error that is no system error.
    const size = sizeOf(file.path);
    if (size > MAX_DEFINITION_BYTES) return tooLarge(file, size, out);
    out.add({ ...systemError('read', error, file.shown), at: { file: file.shown } });
    return undefined;
  }
}

/** 0 for what cannot even be looked at, such as a link that leads back to itself. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function tooLarge(file: NamedPath, size: number, out: Collector): undefined {
  out.add(
    definitionError({
      code: 'definition/size',
      message: `the file has ${size} bytes; a definition has ${MAX_DEFINITION_BYTES} at most`,
      at: { file: file.shown },
    }),
  );
}

/** What Python calls white space; JSON knows four of these. */
const BLANK = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Turns the white space around the value into such as JSON knows, because these files were always read
 * stripped of any. Offsets and lines stay as they are. Undefined when there is nothing else.
 */
function blankEnds(text: string): string | undefined {
  // As good as every file begins and ends so, and there are many of them.
  if (text.startsWith('{') && (text.endsWith('}') || text.endsWith('}\n'))) return text;
  let start = 0;
  let end = text.length;
  while (start < end && BLANK.test(text[start]!)) start++;
  while (end > start && BLANK.test(text[end - 1]!)) end--;
  if (start === end) return undefined;
  const blank = (around: string): string => around.replace(/[^\n\r]/g, ' ');
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end));
}

/** The first of a file's errors and of its warnings, by place, and how many more there are. */
export function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_REPORTED) return diagnostics;
  const sorted = sortDiagnostics(diagnostics);
  return (['error', 'warning'] as const).flatMap((severity) => {
    const all = sorted.filter((diagnostic) => diagnostic.severity === severity);
    if (all.length <= MAX_REPORTED) return all;
    const last = all[MAX_REPORTED - 1]!;
    const more = { message: `${all.length - MAX_REPORTED} more ${severity}s like these follow` };
    return [...all.slice(0, MAX_REPORTED - 1), { ...last, notes: [...(last.notes ?? []), more] }];
  });
}
