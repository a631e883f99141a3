// What one script reaches: the variables it reads and those their values are made of, the functions it
// calls and those these call. Only that is in the sandbox, and only that is in the key. The order in which
// variables and functions are defined decides nothing.
import { byCodePoint } from '../../base/digest.ts';
import { namesOf } from './shell.ts';
import { contains, counted, piecesOf } from './value.ts';

/** A variable as its author wrote it. */
export interface Variable {
  readonly value: string;
  /** Pieces of the value that do not count. */
  readonly excluded: readonly string[];
  /** Its value does not count at all. */
  readonly volatile: boolean;
}

/** Everything a script might reach. */
export interface Scope {
  readonly variables: ReadonlyMap<string, Variable>;
  /** Name → body, without the braces. */
  readonly functions: ReadonlyMap<string, string>;
}

export interface Reached {
  /** The script's environment: what it reads, expanded. */
  readonly variables: Readonly<Record<string, string>>;
  /** The part of the environment that is made of values that do not count. */
  readonly volatile: Readonly<Record<string, string>>;
  /** All variables reached, as written; `LIST?word` says whether the word is in the list. */
  readonly written: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, string>>;
  readonly problems: readonly ReachProblem[];
}

export type ReachProblem =
  /** The chain of names, the first one again at its end. */
  | { readonly kind: 'cycle'; readonly chain: readonly string[] }
  /** `of`: the variable in whose value it stands. */
  | { readonly kind: 'unknown'; readonly name: string; readonly of: string }
  /** `of`: the function; undefined for the script itself. */
  | {
      readonly kind: 'syntax';
      readonly of: string | undefined;
      readonly message: string;
      readonly line: number;
    }
  /** A here-document that ends with the script. In a function it is a problem of syntax: it takes the function's end. */
  | { readonly kind: 'unclosed'; readonly delimiter: string; readonly line: number };

/** What bash would refuse, or warn of, in the script or in a function's body, from the text alone. */
export function syntaxProblems(text: string, of: string | undefined): ReachProblem[] {
  const { problems, unclosed } = namesOf(text);
  return [
    ...problems.map((problem) => ({ kind: 'syntax', of, ...problem }) as const),
    ...unclosed.map(({ delimiter, line }): ReachProblem => {
      if (of === undefined) return { kind: 'unclosed', delimiter, line };
      const message = `the here-document is not closed by a line ${JSON.stringify(delimiter)}`;
      return { kind: 'syntax', of, message, line };
    }),
  ];
}

/** `more` are names of variables and functions that the text reaches although that cannot be seen. */
export function reach(text: string, more: readonly string[], scope: Scope): Reached {
  const reading = new Reading(scope);
  const functions = new Map<string, string>();
  const direct = new Set<string>();
  const pending: { readonly of: string | undefined; readonly text: string }[] = [];
  const call = (name: string): void => {
    const body = scope.functions.get(name);
    if (body === undefined || functions.has(name)) return;
    functions.set(name, body);
    pending.push({ of: name, text: body });
  };
  const read = (name: string): void => {
    if (scope.variables.has(name)) direct.add(name);
  };
  pending.push({ of: undefined, text });
  for (const name of more) {
    call(name);
    read(name);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { commands, variables } = namesOf(next.text);
    reading.problems.push(...syntaxProblems(next.text, next.of));
    for (const name of commands) call(name);
    for (const name of variables) read(name);
  }
  const environment: Record<string, string> = {};
  const volatile: Record<string, string> = {};
  for (const name of [...direct].sort(byCodePoint)) {
    const { text: value, counts } = reading.expand(name);
    (counts ? environment : volatile)[name] = value;
  }
  return {
    variables: environment,
    volatile,
    written: Object.fromEntries(reading.written),
    functions: Object.fromEntries(functions),
    problems: reading.problems,
  };
}

interface Expanded {
  readonly text: string;
  /** False when a part of it does not count. */
  readonly counts: boolean;
}

/** Expands a text that is no variable's value, such as the path of an output. */
export function expandText(
  text: string,
  scope: Scope,
): { text: string; problems: readonly ReachProblem[] } {
  const reading = new Reading(scope);
  const expanded = reading.pieces(text, text);
  return { text: expanded.text, problems: reading.problems };
}

class Reading {
  readonly written = new Map<string, string>();
  readonly problems: ReachProblem[] = [];
  readonly #scope: Scope;
  readonly #done = new Map<string, Expanded>();
  readonly #path: string[] = [];

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** A known variable's value. */
  expand(name: string): Expanded {
    const done = this.#expandUnwritten(name);
    const variable = this.#scope.variables.get(name)!;
    if (!variable.volatile) this.written.set(name, counted(variable.value, variable.excluded));
    return done;
  }

  /** The value of a variable on which only a word of it depends: what it is made of is not written. */
  #expandUnwritten(name: string): Expanded {
    const done = this.#done.get(name);
    if (done !== undefined) return done;
    const at = this.#path.indexOf(name);
    if (at !== -1) {
      this.problems.push({ kind: 'cycle', chain: [...this.#path.slice(at), name] });
      return { text: '', counts: true };
    }
    const { value, volatile } = this.#scope.variables.get(name)!;
    this.#path.push(name);
    const { text, counts } = this.pieces(value, name);
    this.#path.pop();
    const expanded = { text, counts: counts && !volatile };
    this.#done.set(name, expanded);
    return expanded;
  }

  pieces(value: string, of: string): Expanded {
    let text = '';
    let counts = true;
    for (const piece of piecesOf(value)) {
      if (piece.kind === 'text') {
        text += piece.text;
        continue;
      }
      if (!this.#scope.variables.has(piece.name)) {
        this.problems.push({ kind: 'unknown', name: piece.name, of });
        continue;
      }
      if (piece.kind === 'variable') {
        const inner = this.expand(piece.name);
        text += inner.text;
        counts &&= inner.counts;
      } else {
        const has = contains(this.#list(piece.name), piece.word);
        this.written.set(`${piece.name}?${piece.word}`, String(has));
        text += has ? piece.yes : piece.no;
      }
    }
    return { text, counts };
  }

  /** What a list comes to, without a trace: only whether a word is in it counts. */
  #list(name: string): string {
    const apart = new Reading(this.#scope);
    apart.#path.push(...this.#path);
    const { text } = apart.#expandUnwritten(name);
    this.problems.push(...apart.problems);
    return text;
  }
}
