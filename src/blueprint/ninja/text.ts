// Ninja strings: text with references to variables. Knows how they are spelled, not what variables
// mean: a scope resolves names. Text without `$` stays a plain string, which most text is.
import { NinjaError, shownKind } from './name.ts';
import type { NinjaText, Variable } from './entity.ts';

/** What names mean at some place. */
export interface VariableLookup {
  /** Throws NinjaError for what is not defined there. */
  variable(name: string): Variable;
}

/** Parses `$name`, `${name}`, `${package.Name}` and `$$`. Throws NinjaError with the byte offset of a mistake. */
export function parseText(text: string, scope: VariableLookup): NinjaText {
  if (typeof text !== 'string') throw new NinjaError(`expected a text, found ${shownKind(text)}`);
  let dollar = text.indexOf('$');
  if (dollar === -1) return text;
  const pieces: string[] = [];
  const variables: Variable[] = [];
  let pieceStart = 0;
  while (dollar !== -1) {
    const next = text[dollar + 1];
    if (next === undefined) throw new NinjaError("unexpected end of string after '$'");
    if (next === '$') {
      dollar = text.indexOf('$', dollar + 2);
      continue;
    }
    const braced = next === '{';
    const nameStart = dollar + (braced ? 2 : 1);
    const nameEnd = endOfName(text, nameStart, braced);
    pieces.push(text.slice(pieceStart, dollar));
    variables.push(scope.variable(text.slice(nameStart, nameEnd)));
    pieceStart = braced ? nameEnd + 1 : nameEnd;
    dollar = text.indexOf('$', pieceStart);
  }
  pieces.push(text.slice(pieceStart));
  return { pieces, variables };
}

const SIMPLE = /[A-Za-z0-9_-]*/y;
const BRACED = /[A-Za-z0-9_.-]*/y;

function endOfName(text: string, start: number, braced: boolean): number {
  const pattern = braced ? BRACED : SIMPLE;
  pattern.lastIndex = start;
  pattern.test(text);
  const end = pattern.lastIndex;
  if (!braced) {
    if (end === start) throw mistake("invalid character after '$'", text, start);
    return end;
  }
  if (end === text.length) throw new NinjaError('unexpected end of string in variable name');
  if (text[end] !== '}') throw mistake('invalid character in variable name', text, end);
  if (end === start) throw mistake('empty variable name', text, start);
  return end;
}

function mistake(what: string, text: string, at: number): NinjaError {
  return new NinjaError(`${what} at byte offset ${Buffer.byteLength(text.slice(0, at))}`);
}

/** Parses a list; messages count elements from 0. The result is a new list. */
export function parseTexts(texts: readonly string[], scope: VariableLookup): NinjaText[] {
  if (!Array.isArray(texts)) throw new NinjaError(`expected a list, found ${shownKind(texts)}`);
  const parsed: NinjaText[] = texts.slice();
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (typeof text === 'string' && !text.includes('$')) continue;
    parsed[i] = within(`error parsing element ${i}`, () => parseText(text, scope));
  }
  return parsed;
}

/** Says in which part of a definition a mistake is. */
export function within<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NinjaError) throw new NinjaError(`${where}: ${error.message}`);
    throw error;
  }
}

/** Variables that a text refers to, in its order. */
export function variablesOf(text: NinjaText): readonly Variable[] {
  return typeof text === 'string' ? [] : text.variables;
}
