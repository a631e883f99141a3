// What may be written at a place, from the tokens before it: a text that is being typed has no tree
// there. Knows the brackets of the language and what stands between them, and nothing more.
import type { Source } from '../../base/span.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  COLON,
  COMMA,
  END,
  EQUALS,
  NAME,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PAREN,
  Scanner,
  STRING,
} from '../../blueprint/syntax/token.ts';

export interface Cursor {
  /** A module type or a variable to set; a property's name; a value; the inside of a string. */
  readonly where: 'definition' | 'property' | 'value' | 'string';
  /** Of the module around. */
  readonly type: string | undefined;
  /** Names of the properties around, from the module's down. */
  readonly path: readonly string[];
  /** Where the word that is being typed begins; it ends at the cursor. */
  readonly start: number;
  /** Names of the properties that the map around has, for which there is no need any more. */
  readonly present: readonly string[];
}

interface Frame {
  readonly kind: 'module' | 'map' | 'list' | 'select';
  readonly type: string | undefined;
  /** Names of the properties around the frame. */
  readonly path: readonly string[];
  readonly present: string[];
  /** The property that is being written. */
  key: string | undefined;
  inValue: boolean;
}

/** The cursor's place; undefined inside of comments and where nothing can be completed. */
export function cursorAt(source: Source, offset: number): Cursor | undefined {
  const scanner = new Scanner({ file: source.file, text: source.text.slice(0, offset) });
  const frames: Frame[] = [newFrame('module', undefined, [])];
  scanner.next();
  // The top level is a frame of its own: names, then `=` or a bracket.
  for (; scanner.kind !== END; scanner.next()) {
    if (scanner.end === offset && (scanner.kind === NAME || unfinishedString(scanner))) break;
    step(frames, scanner);
  }
  const comment = scanner.comments.at(-1)?.comments.at(-1);
  if (scanner.kind === END && comment !== undefined && commentOpen(comment, offset))
    return undefined;
  return place(frames, scanner, offset);
}

function commentOpen({ text, end }: { text: string; end: number }, offset: number): boolean {
  return end === offset && (text.startsWith('//') || !text.endsWith('*/'));
}

/** A string whose quote is still to come, which is how a string is typed. */
function unfinishedString(scanner: Scanner): boolean {
  if (scanner.kind !== STRING) return false;
  const { text } = scanner.source;
  return scanner.end - scanner.start < 2 || text[scanner.end - 1] !== '"';
}

function newFrame(kind: Frame['kind'], type: string | undefined, path: readonly string[]): Frame {
  return { kind, type, path, present: [], key: undefined, inValue: false };
}

function step(frames: Frame[], { kind, value }: Scanner): void {
  const top = frames.at(-1)!;
  const isTop = frames.length === 1;
  switch (kind) {
    case NAME:
      if (top.kind === 'list' || top.kind === 'select' || (top.inValue && !isTop)) break;
      top.key = value;
      top.inValue = false;
      if (!isTop) top.present.push(value);
      break;
    case COLON:
    case EQUALS:
      top.inValue = true;
      break;
    case COMMA:
      if (top.kind !== 'list' && top.kind !== 'select') {
        top.inValue = false;
        top.key = undefined;
      }
      break;
    case OPEN_BRACE:
    case OPEN_PAREN:
    case OPEN_BRACKET:
      frames.push(opened(top, isTop, kind));
      break;
    case CLOSE_BRACE:
    case CLOSE_PAREN:
    case CLOSE_BRACKET:
      if (!isTop) frames.pop();
      break;
    default:
  }
}

function opened(top: Frame, isTop: boolean, kind: number): Frame {
  if (isTop && !top.inValue && kind !== OPEN_BRACKET) return newFrame('module', top.key, []);
  const inside = top.key === undefined || isTop ? top.path : [...top.path, top.key];
  const path = top.kind === 'list' || top.kind === 'select' ? top.path : inside;
  if (kind === OPEN_BRACKET) return newFrame('list', top.type, path);
  // Braces in a select hold cases, which have no properties.
  const cases = kind === OPEN_PAREN || top.kind === 'select';
  return newFrame(cases ? 'select' : 'map', top.type, path);
}

function place(frames: readonly Frame[], scanner: Scanner, offset: number): Cursor {
  const top = frames.at(-1)!;
  const { type, present } = top;
  const typing = scanner.kind !== END;
  const start = typing ? scanner.start + (scanner.kind === STRING ? 1 : 0) : offset;
  const holds = top.kind === 'module' || top.kind === 'map';
  const path =
    holds && top.key !== undefined && top.inValue && frames.length > 1
      ? [...top.path, top.key]
      : top.path;
  if (scanner.kind === STRING) return { where: 'string', type, path, start, present };
  if (frames.length === 1) {
    // Behind a whole value, a name begins the next definition.
    const where =
      top.inValue && /[=+]\s*$/.test(scanner.source.text.slice(0, start)) ? 'value' : 'definition';
    return { where, type, path, start, present };
  }
  const where = holds && !top.inValue ? 'property' : 'value';
  return { where, type, path, start, present };
}
