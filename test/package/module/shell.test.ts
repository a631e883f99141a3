// Which names a shell text holds: every place of the grammar in which bash looks for a command or reads a
// variable, and those where it only seems to.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/package/module/shell.ts';

const commands = (text: string): string[] => [...namesOf(text).commands].sort();
const variables = (text: string): string[] => [...namesOf(text).variables].sort();

describe('commands', () => {
  test.each([
    ['plain', 'a; b && c || d & e', 'a b c d e'],
    ['if, elif, else', 'if a; then b; elif c; then d; else e; fi', 'a b c d e'],
    ['while and until', 'while a; do b; done; until c; do d; done', 'a b c d'],
    ['for', 'for x in 1 2; do a; done; for ((i=0; i<2; i++)); do b; done', 'a b'],
    ['case', 'case x in y) a ;; *) b ;& z) c ;; esac', 'a b c'],
    ['groups and subshells', '{ a; }; ( b; ( c ) )', 'a b c'],
    ['pipelines', '! a | b |& c; time d', 'a b c d'],
    ['substitutions', 'a=$(b); c "$(d "$(e)")" `f`', 'b c d e f'],
    ['process substitution', 'a <(b) > >(c)', 'a b c'],
    ['within assignments', 'X=$(a) Y=(1 $(b)) c', 'a b c'],
    ['within arithmetic', 'a $(( $(b) + 1 ))', 'a b'],
    ['within parameter expansions', 'a "${X:-$(b)}" "${Y/$(c)/d}"', 'a b c'],
    ['here-documents', 'a <<X\n$(b)\nX\nc <<"Y"\n$(no)\nY', 'a b c'],
    ['here-strings', 'a <<< "$(b)"', 'a b'],
    ['redirections', 'a > "$(b)"', 'a b'],
    ['eval of a literal', 'eval "a && b"; eval c d', 'a b c eval'],
    ['trap of a literal', "trap 'a; b' EXIT INT; trap - INT", 'a b trap'],
    ['assignments before it', 'A=1 B=2 a', 'a'],
    ['quoted words', '"a"; \\b; c\'d\'', 'a b cd'],
    ['negated tests', 'if ! [ x ]; then a; fi; [[ -n "$(b)" ]]', '[ a b'],
    ['bodies of functions', 'f() { a; }; f; function g { b; }', 'a b'],
    ['functions handed on', 'export -f a b; command export -nf c', 'a b c command export'],
    ['functions shown', 'declare -f a; typeset -fx b; declare -F c', 'a b c declare typeset'],
    ['functions made fast', 'readonly -f a; builtin declare -rf b', 'a b builtin readonly'],
    ['not variables handed on', 'export a; declare -x b; [ -f c ]', '[ declare export'],
    ['not their own functions', 'f() { a; }; export -f f', 'a export'],
  ])('%s', (_, text, expected) => {
    expect(commands(text)).toEqual(expected.split(' '));
  });

  test('a command that is known only when it runs is none', () => {
    expect(commands('$X a; "${Y}"; `b`; "c$X"')).toEqual(['b']);
  });

  test('another shell does not see functions', () => {
    expect(commands('bash -c "f"')).toEqual(['bash']);
  });
});

describe('variables', () => {
  test.each([
    ['plain', '$A "${B}" ${C:-$D}', 'A B C D'],
    ['not in single quotes', '\'$A\' \\$B "\\$C"', ''],
    [
      'operations',
      '${A#$B} ${C%%x} ${D/$E/$F} ${G^^} ${H:1:I} ${#J} ${!K} ${L@Q}',
      'A B C D E F G H I J K L',
    ],
    ['arrays', '${A[@]} ${B[i]}; C[D]=1', 'A B D i'],
    ['arithmetic', '$((A + B * (C ? 1 : D))); ((E++)); let "F=G+1"', 'A B C D E F G'],
    ['not numbers', '$((0x1F + 16#ff + 7))', ''],
    ['conditions', '[[ $A == x && B -lt C && -v D ]]; [ -n "$E" ]', 'A B C D E'],
    ['here-documents', "cat <<X\n$A ${B}\nX\ncat <<'Y'\n$C\nY", 'A B'],
    ['eval, trap and another shell', "eval 'a $A'; trap 'b $B' EXIT; bash -c 'c $C'", 'A B C'],
    ['exported by name', 'export A; declare -x B; export C=$D', 'A B D'],
    ['not functions', 'export -f A; declare -f B; declare -p C', 'C'],
    ['added to', 'A+=x; B=$C', 'A C'],
    ['within words', 'a$A/b"$B"c', 'A B'],
    ['special ones do not count', '$? $# $1 $@ $$ $- $!', ''],
    ['loops and cases', 'for x in $A; do :; done; case $B in $C) ;; esac', 'A B C'],
  ])('%s', (_, text, expected) => {
    expect(variables(text)).toEqual(expected.split(' ').filter((one) => one !== ''));
  });
});

describe('a text that is no bash', () => {
  test('is told of, with the line', () => {
    const { problems } = namesOf('a\nif b; then\n  c\n');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]!.line).toBeGreaterThan(1);
  });

  test.each([
    ['closed', 'cat <<A <<-"B C"\n$x\nA\n\tx\n\tB C\n', []],
    ['closed by the last line', 'cat <<A\nx\nA', []],
    ['closed in a substitution', 'x=$(cat <<A\nx\nA\n)\n', []],
    ['open', '\n  cat <<A\n  x\n  A\n', [{ delimiter: 'A', line: 2 }]],
    ['open behind blanks', 'cat <<-"A B"\n  A B\n', [{ delimiter: 'A B', line: 1 }]],
    ['the second of two', 'cat <<A <<B\nA\nx\n', [{ delimiter: 'B', line: 1 }]],
    ['text of another command', "eval 'cat <<A'; echo '<<B' $((1<<2)) # <<C\n", []],
  ])('here-documents: %s', (_, text, expected) => {
    const { problems, unclosed } = namesOf(text);
    expect(problems).toEqual([]);
    expect(unclosed).toEqual(expected);
    const { status, stderr } = spawnSync('/bin/bash', ['-nc', text], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr.includes('here-document')).toBe(expected.length > 0);
  });

  test.each([
    '[[ $a =~ ^(a|b)+$ && ! -e "$b" ]]',
    'for ((i=0;i<3;i++)) { a; }',
    'coproc C { a; }',
    'case $x in (a) b;; c|d) ;& *) ;; esac',
    'a=([x]=1 [y]=2); echo ${a[@]:1:2} ${!b@} ${c^^} $((1?2:3)) $[1+2]',
    "echo $\"x\" $'a\\'b' `echo \\`a\\``",
    'exec {fd}<>x 3>&- &>>y; : {a,b}{1..3}',
    'shopt -s extglob\necho !(a|b) @(c)\n',
    'x="$(cat <<X\n)\nX\n)"\n',
    'f() ( a ) >b 2>&1; function g-h.i { a; }',
    'if ! a | b; then time -p c; fi & wait',
    'while read -r x; do :; done < <(a) 2> >(b)',
    'case esac in (esac) a;; in) b; esac',
    'echo "${x:-"a }"}" ${y//\\//-} ${z#"}"}',
  ])('is not %s', (text) => {
    expect(namesOf(text).problems).toEqual([]);
    expect(spawnSync('/bin/bash', ['-O', 'extglob', '-nc', text]).status).toBe(0);
  });

  test('gives no exception, whatever it is', () => {
    const piece = fc.constantFrom(
      '$(',
      ')',
      '`',
      '"',
      "'",
      '${',
      '}',
      '((',
      '))',
      '[[',
      ']]',
      '<<X',
      '\n',
      'X',
      'if ',
      ' then ',
      'fi',
      ';',
      '|',
      '&',
      '$A',
      'a ',
      '\\',
      '#',
      'case ',
      ' in ',
      ';;',
      'esac',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (pieces, more) => {
          namesOf(pieces.join('') + more);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('every variable that bash reads from its environment is found', () => {
  // Texts made at random are run with one variable at a time unset: bash -u stops at a variable that it
  // reads, so what was not found must not stop it.
  const word = fc.constantFrom(
    '$A',
    '"${B:-$C}"',
    '$((D+1))',
    "'$E'",
    '"$(echo $F)"',
    'x',
    '`echo "$G"`',
  );
  const simple = fc
    .tuple(fc.constantFrom('echo', ':', 'X=1 echo', 'test', 'eval echo'), word, word)
    .map((parts) => parts.join(' '));
  const statement = fc.oneof(
    simple,
    simple.map((one) => `if true; then ${one}; fi`),
    simple.map((one) => `for i in 1; do ${one}; done`),
    simple.map((one) => `( ${one} )`),
    simple.map((one) => `cat <<END\n$H $(${one})\nEND\n`),
    simple.map((one) => `f() { ${one}; }; f`),
  );
  const text = fc.array(statement, { minLength: 1, maxLength: 3 }).map((all) => all.join('\n'));
  fc.assert(
    fc.property(text, (script) => {
      const { variables } = namesOf(script);
      const env = Object.fromEntries([...variables].map((name) => [name, '1']));
      const { stderr } = spawnSync('/bin/bash', ['-uc', script], {
        env: { PATH: '/usr/bin:/bin', ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(stderr).not.toContain('unbound variable');
    }),
    { numRuns: 60 },
  );
});
