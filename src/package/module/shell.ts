// What a shell text refers to: the commands it may run and the variables it may read, found with a real
// grammar of bash. Knows nothing of packages. It finds too much rather than too little; what it cannot
// see (a name put together at run time) has to be declared, or the text fails when it runs.
import { forEachChild, parse, type Command, type SyntaxNode, type Word } from 'unbash';

/** The names that one text holds, whoever defines them. */
export interface ShellNames {
  /** Command words, without functions that the text defines itself. */
  readonly commands: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  /** What is wrong with the text, and the line of it, from 1. */
  readonly problems: readonly { readonly message: string; readonly line: number }[];
  /** Here-documents that end with the text, which bash lets pass with a warning, and the lines they begin in. */
  readonly unclosed: readonly { readonly delimiter: string; readonly line: number }[];
}

/** The same few texts are the scripts of hundreds of packages. */
const known = new Map<string, ShellNames>();

/** Reads a text; what was read once is remembered for as long as the process lives. */
export function namesOf(text: string): ShellNames {
  let names = known.get(text);
  if (names === undefined) {
    const walk = new Walk();
    walk.text(text, 0);
    for (const name of walk.defined) walk.commands.delete(name);
    names = walk;
    known.set(text, names);
  }
  return names;
}

/** Texts inside of texts inside of texts: no more than anybody writes. */
const MAX_DEPTH = 16;

class Walk implements ShellNames {
  readonly commands = new Set<string>();
  readonly variables = new Set<string>();
  readonly defined = new Set<string>();
  readonly problems: { message: string; line: number }[] = [];
  readonly unclosed: { delimiter: string; line: number }[] = [];
  #text = '';
  #depth = 0;

  text(text: string, depth: number): void {
    if (depth > MAX_DEPTH) return;
    const [outer, outerDepth] = [this.#text, this.#depth];
    this.#text = text;
    this.#depth = depth;
    this.#visit(parse(text));
    this.#text = outer;
    this.#depth = outerDepth;
  }

  #visit(node: SyntaxNode): void {
    switch (node.type) {
      case 'Script':
        for (const { message, pos } of ('errors' in node ? node.errors : undefined) ?? []) {
          // A text that is handed to eval may be a part of one.
          if (this.#depth === 0) this.problems.push({ message, line: this.#lineOf(pos) });
        }
        break;
      case 'HereDoc':
        if (this.#depth === 0 && node.closing === undefined && node.delimiter !== undefined) {
          const { value } = node.delimiter;
          this.unclosed.push({ delimiter: value, line: this.#lineOf(node.pos) });
        }
        break;
      case 'Function':
        this.defined.add(node.name.value);
        break;
      case 'Command':
        this.#command(node);
        break;
      case 'Assignment':
        // Adding to a variable reads it.
        if (node.append === true) this.variables.add(node.name);
        if (node.index !== undefined) this.#arithmetic(node.index.value);
        break;
      case 'SimpleExpansion':
        this.#name(node.text.slice(1));
        break;
      case 'ParameterExpansion':
        this.#name(node.parameter);
        if (node.index !== undefined) this.#arithmetic(node.index.value);
        if (node.operation?.type === 'Slice') {
          this.#arithmetic(node.operation.offset.value);
          this.#arithmetic(node.operation.length?.value ?? '');
        }
        break;
      case 'ArithmeticWord':
        this.#arithmetic(node.value);
        break;
      case 'TestBinary':
        if (/^-(eq|ne|lt|le|gt|ge)$/.test(node.operator)) {
          this.#arithmetic(node.left.value);
          this.#arithmetic(node.right.value);
        }
        break;
      case 'TestUnary':
        if (node.operator === '-v') this.#arithmetic(node.operand.value);
        break;
      default:
      // Of all others only what is inside counts.
    }
    forEachChild(node, (child) => this.#visit(child));
  }

  #lineOf(offset: number): number {
    return this.#text.slice(0, offset).split('\n').length;
  }

  #command({ name, args }: Command): void {
    if (name === undefined || !isLiteral(name)) return;
    const command = name.value;
    this.commands.add(command);
    const words = args.map((arg) => (arg.type === 'Word' ? arg.value : arg.text));
    const operands = words.filter((word) => !/^-./.test(word));
    switch (command) {
      case 'eval':
        this.text(words.join(' '), this.#depth + 1);
        break;
      case 'trap':
        if (operands[0] !== '-') this.text(operands[0] ?? '', this.#depth + 1);
        break;
      case 'bash':
      case 'sh': {
        // Another shell sees what is exported, and no functions.
        const at = words.findIndex((word) => /^-[a-z]*c$/.test(word));
        if (at === -1) break;
        const inner = namesOf(words[at + 1] ?? '');
        for (const variable of inner.variables) this.variables.add(variable);
        break;
      }
      case 'command':
      case 'builtin':
        if (operands[0] !== undefined) {
          this.#builtin(operands[0], words.slice(words.indexOf(operands[0]) + 1));
        }
        break;
      default:
        this.#builtin(command, words);
    }
  }

  #builtin(command: string, words: readonly string[]): void {
    const operands = words.filter((word) => !/^-./.test(word));
    switch (command) {
      case 'let':
        for (const operand of operands) this.#arithmetic(operand);
        break;
      case 'export':
      case 'readonly':
      case 'declare':
      case 'typeset':
        // To hand on a function, or to print it, takes one as a call does.
        if (words.some((word) => /^-[A-Za-z]*[fF]/.test(word))) {
          for (const operand of operands) this.commands.add(operand);
          break;
        }
        for (const operand of operands) this.#name(operand);
        break;
      case 'printenv':
        for (const operand of operands) this.#name(operand);
        break;
      case 'test':
      case '[':
        for (const operand of operands) this.#name(operand);
        break;
    }
  }

  #name(text: string): void {
    if (/^[A-Za-z_]\w*$/.test(text)) this.variables.add(text);
  }

  #arithmetic(text: string): void {
    for (const [name] of text.matchAll(/(?<![\w#])[A-Za-z_]\w*/g)) this.variables.add(name);
  }
}

/** Whether nothing in a word is known only when it runs. */
function isLiteral(word: Word): boolean {
  const open = (node: SyntaxNode): boolean => {
    if (/Expansion$|^ProcessSubstitution$/.test(node.type) && node.type !== 'BraceExpansion') {
      return true;
    }
    let found = false;
    forEachChild(node, (child) => {
      found ||= open(child);
    });
    return found;
  };
  return !open(word);
}
