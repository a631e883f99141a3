// Statements of a manifest as text, laid out for people: wrapped lines, aligned comments. Knows the
// syntax, not what goes into a manifest, nor in which order.
import { escapePath, escapeValue } from './escape.ts';
import { poolName, ruleName, variableName, type PackageNames } from './names.ts';
import type { NinjaText, PoolDefinition, RuleDefinition } from './entity.ts';
import type { BuildStatement } from './statement.ts';
import { WrappedLine } from './wrap.ts';

/** The lists of a build statement, in the order of writing. */
export interface BuildLine {
  readonly comment: string;
  readonly rule: string;
  readonly outputs: readonly NinjaText[];
  readonly implicitOutputs: readonly NinjaText[];
  readonly inputs: readonly NinjaText[];
  readonly implicits: readonly NinjaText[];
  readonly orderOnly: readonly NinjaText[];
  readonly validations: readonly NinjaText[];
  /** Whether all paths are written as they are; false unless given. */
  readonly plain?: boolean;
}

export class NinjaWriter {
  readonly #names: PackageNames;
  readonly #line = new WrappedLine();
  #text = '';
  #blank = false;

  constructor(names: PackageNames) {
    this.#names = names;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** An empty line, unless there is one already. */
  blankLine(): void {
    if (this.#blank) return;
    this.#text += '\n';
    this.#blank = true;
  }

  /** Lines that are in the manifest's form already. */
  raw(text: string): void {
    this.#add(text);
  }

  comment(text: string): void {
    this.#add(formatComment(text));
  }

  assign(name: string, value: string): void {
    this.#add(`${name} = ${value}\n`);
  }

  subninja(path: string): void {
    this.#add(`subninja ${escapePath(path)}\n`);
  }

  pool(name: string, { depth, comment }: PoolDefinition): void {
    this.#add(`${formatComment(comment)}pool ${name}\n    depth = ${depth}\n`);
  }

  rule(name: string, { comment, pool, variables }: RuleDefinition): void {
    let text = `${formatComment(comment)}rule ${name}\n`;
    if (pool !== undefined) text += `    pool = ${poolName(pool, this.#names)}\n`;
    this.#add(text);
    for (const [variable, value] of variables) this.#set(variable, value);
  }

  /** A build statement with its variables and, unless it is optional, a default statement. */
  build(statement: BuildStatement, definition: RuleDefinition | undefined): void {
    this.#build(
      statement,
      ruleName(statement.rule, this.#names),
      concat(definition?.commandDeps, statement.implicits),
      concat(definition?.commandOrderOnly, statement.orderOnly),
    );
    for (const [variable, value] of statement.variables) this.#set(variable, value);
    if (statement.args.length === 1) {
      const [variable, value] = statement.args[0]!;
      this.#set(variableName(variable, this.#names), value);
    } else if (statement.args.length > 1) {
      const args = statement.args.map(
        ([variable, value]) => [variableName(variable, this.#names), value] as const,
      );
      for (const [name, value] of args.sort(([a], [b]) => (a < b ? -1 : 1))) {
        this.#set(name, value);
      }
    }
    if (!statement.optional) this.defaultLine(statement.outputs, statement.plain);
  }

  buildLine(build: BuildLine): void {
    this.#build(build, build.rule, build.implicits, build.orderOnly);
  }

  #build(
    lists: Omit<BuildLine, 'rule'>,
    rule: string,
    implicits: readonly NinjaText[],
    orderOnly: readonly NinjaText[],
  ): void {
    if (lists.comment !== '') this.#add(formatComment(lists.comment));
    const line = this.#line;
    line.write('build');
    const { plain = false } = lists;
    this.#paths(line, '', lists.outputs, plain);
    this.#paths(line, '|', lists.implicitOutputs, plain);
    line.write(':');
    line.space();
    line.write(rule);
    this.#paths(line, '', lists.inputs, plain);
    this.#paths(line, '|', implicits, plain && implicits === lists.implicits);
    this.#paths(line, '||', orderOnly, plain && orderOnly === lists.orderOnly);
    this.#paths(line, '|@', lists.validations, plain);
    this.#add(line.finish());
  }

  defaultLine(targets: readonly NinjaText[], plain = false): void {
    const line = this.#line;
    line.write('default');
    this.#paths(line, '', targets, plain);
    this.#add(line.finish());
  }

  /** A text as the value of a variable. */
  value(text: NinjaText): string {
    if (typeof text === 'string') return escapeValue(text);
    let value = escapeValue(text.pieces[0]!);
    for (let i = 0; i < text.variables.length; i++) {
      value += `\${${variableName(text.variables[i]!, this.#names)}}`;
      value += text.pieces[i + 1]!.replaceAll('\n', '$$\n');
    }
    return value;
  }

  #paths(line: WrappedLine, separator: string, texts: readonly NinjaText[], plain: boolean): void {
    if (texts.length === 0) return;
    if (separator !== '') {
      line.space();
      line.write(separator);
    }
    for (let i = 0; i < texts.length; i++) {
      line.space();
      const text = texts[i]!;
      if (plain && typeof text === 'string') line.writeBytes(text, text.length);
      else this.#path(line, text);
    }
  }

  #path(line: WrappedLine, text: NinjaText): void {
    if (typeof text === 'string') {
      line.write(escapePath(text));
      return;
    }
    line.write(escapePath(text.pieces[0]!));
    for (let i = 0; i < text.variables.length; i++) {
      line.write('${');
      line.write(variableName(text.variables[i]!, this.#names));
      line.write('}');
      line.write(escapePath(text.pieces[i + 1]!));
    }
  }

  #set(name: string, value: NinjaText): void {
    this.#add(`    ${name} = ${this.value(value)}\n`);
  }

  #add(text: string): void {
    if (text === '') return;
    this.#text += text;
    this.#blank = false;
  }
}

function concat(
  first: readonly NinjaText[] | undefined,
  second: readonly NinjaText[],
): readonly NinjaText[] {
  if (first === undefined || first.length === 0) return second;
  return second.length === 0 ? first : [...first, ...second];
}

/** Plain text whose lines all fit: nearly every comment, so it is worth a shorter way. */
const FITS = /^(?:[ -~]{0,78}\n)*[ -~]{0,78}$/;

function formatFitting(comment: string): string {
  const lines = comment.split('\n');
  // The text after the last line break is a line only if there is some.
  const last = lines.pop()!;
  let text = '';
  for (const line of lines) text += `${`# ${line}`.trimEnd()}\n`;
  return last === '' ? text : `${text}# ${last.trim()}\n`;
}

const MAX_COMMENT = 80 - '# '.length;
const SPACE = /\s/u;

/** Comment lines: line breaks are kept, longer lines are broken at white space. Lengths are bytes. */
export function formatComment(comment: string): string {
  if (comment === '') return '';
  if (FITS.test(comment)) return formatFitting(comment);
  let text = '';
  let lineStart = 0;
  let lineStartByte = 0;
  let split = 0;
  let splitByte = 0;
  let byte = 0;
  let at = 0;
  for (const char of comment) {
    const size = Buffer.byteLength(char);
    if (SPACE.test(char)) {
      split = at + char.length;
      // White space of several bytes splits behind its first byte in the original; nothing shows it.
      splitByte = byte + size;
    }
    let line: string | undefined;
    if (char === '\n') line = comment.slice(lineStart, at).trimEnd();
    else if (byte - lineStartByte > MAX_COMMENT && split > lineStart) {
      line = comment.slice(lineStart, split).trim();
    }
    if (line !== undefined) {
      text += `${`# ${line}`.trim()}\n`;
      lineStart = split;
      lineStartByte = splitByte;
    }
    at += char.length;
    byte += size;
  }
  if (lineStart !== comment.length) text += `# ${comment.slice(lineStart).trim()}\n`;
  return text;
}
