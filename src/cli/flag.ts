// Flags as Go's flag package takes them (one dash before long names, values that begin with a dash), for
// the commands that stand in for tools written with it. Knows of those commands nothing but the names
// of their flags. Also -j8 of `build`, `help COMMAND`, and values that are empty.

interface Spelling {
  /** Letters of flags without a value: several may follow one dash. */
  readonly letters: string;
  /** Long names of flags without a value, apart by blanks. */
  readonly plain: string;
  /** Names of flags with a value, short ones too. */
  readonly valued: string;
}

const SPELLINGS: Readonly<Partial<Record<string, Spelling>>> = {
  fmt: { letters: 'lwodsh', plain: 'list write output diff sort check help', valued: 'dialect' },
  modify: {
    letters: 'swldh',
    plain: 'list write diff sort remove-property move-property help',
    valued:
      'm a r modules property parameter add remove add-literal str set-bool replace-property new-location dialect',
  },
};

/** A command line with the flags of such a command spelled as the other commands have them. */
export function respell([command = '', ...rest]: readonly string[]): string[] {
  if (command === 'help') return [...rest, '--help'];
  const spelling = Object.hasOwn(SPELLINGS, command) ? SPELLINGS[command] : undefined;
  if (spelling === undefined) {
    const end = rest.indexOf('--');
    const flags = end === -1 ? rest : rest.slice(0, end);
    const spelled = flags.flatMap((word) => respellWord(command, word));
    return [...(command === '' ? [] : [command]), ...spelled, ...rest.slice(flags.length)];
  }
  const valued = new Set(spelling.valued.split(' '));
  const long = new Set(
    [...spelling.plain.split(' '), ...valued].filter(({ length }) => length > 1),
  );
  const spelled = [command];
  for (let i = 0; i < rest.length; i++) {
    const argument = rest[i]!;
    if (argument === '--') {
      // What follows is paths, also with a dash in front.
      spelled.push(...rest.slice(i + 1).map((path) => (path.startsWith('-') ? `./${path}` : path)));
      break;
    }
    const [, name, value] = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const batch = [...(name ?? '')].every((letter) => spelling.letters.includes(letter));
    if (name === undefined || (batch && value === undefined && !long.has(name))) {
      spelled.push(argument);
      continue;
    }
    const flag = name.length === 1 ? `-${name}` : `--${name}`;
    const next = value ?? (valued.has(name) ? rest[++i] : undefined);
    if (next === undefined) spelled.push(flag);
    else if (!valued.has(name) || next.startsWith('-')) spelled.push(`${flag}=${next}`);
    else spelled.push(flag, next);
  }
  return spelled;
}

function respellWord(command: string, word: string): string | string[] {
  // As everybody has learned from make.
  if (command === 'build' && /^-j\d+$/.test(word)) return ['-j', word.slice(2)];
  // Else the parser takes it for an argument.
  return /^--[a-z][a-z-]*=$/.test(word) ? [word.slice(0, -1), ''] : word;
}
