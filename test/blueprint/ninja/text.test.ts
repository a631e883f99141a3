import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NinjaError } from '../../../src/blueprint/ninja/name.ts';
import { packageContext } from '../../../src/blueprint/ninja/package.ts';
import { Scope } from '../../../src/blueprint/ninja/scope.ts';
import { parseText } from '../../../src/blueprint/ninja/text.ts';
import { variableName } from '../../../src/blueprint/ninja/names.ts';
import { NinjaWriter } from '../../../src/blueprint/ninja/writer.ts';
import { golden } from '../golden.ts';

interface StringCase {
  readonly input: string;
  readonly result: {
    readonly error?: string;
    readonly literal?: boolean;
    readonly strings?: readonly string[];
    readonly variables?: readonly string[];
    readonly value?: string;
    readonly as_value?: string;
    readonly as_input?: string;
    readonly as_output?: string;
  };
}

const imported = packageContext('test/pkg');
imported.variable('Var', 'x');
imported.variable('var', 'x');
const names = new Map([[imported, 'pkg']]);

/** The scope that the golden file's note describes. */
function noteScope(): Scope {
  const scope = new Scope(packageContext('test/user').import(imported).scope);
  const local = ['foo', 'bar', 'ghi', 'jkl', '012_-345xyz_', 'in', 'out', 'abc', 'foo_bar'];
  for (const name of [...local, 'foo-bar']) {
    scope.addVariable({ kind: 'local variable', name, fullName: `m.mod_.${name}`, value: '' });
  }
  return scope;
}

/** The text as an input; outputs are written the same way. */
function asPath(text: ReturnType<typeof parseText>): string {
  const writer = new NinjaWriter(names);
  writer.defaultLine([text]);
  return writer
    .take()
    .replace(/^default (?:\$\n {8})?/, '')
    .replace(/\n$/, '');
}

/** What the original left unescaped in paths, or escaped twice, so that Ninja read something else. */
function repaired(path: string): string {
  return path
    .replace(/^\$\$ /, '$ ')
    .replace(/(?<!\$):/g, '$:')
    .replaceAll('|', '${ninja.pipe}');
}

describe('golden', () => {
  const { cases } = golden('ninja/ninja_strings.json') as { cases: StringCase[] };

  test.each(cases)('$input', ({ input, result }) => {
    const scope = noteScope();
    if (result.error !== undefined) {
      expect(() => parseText(input, scope)).toThrow(new NinjaError(result.error));
      return;
    }
    const text = parseText(input, scope);
    expect(typeof text === 'string').toBe(result.literal);
    // A leading space is escaped where the text is written, not where it is parsed.
    const strings = result.strings!.map((piece, i) =>
      i === 0 ? piece.replace(/^\$ /, ' ') : piece,
    );
    expect(typeof text === 'string' ? [text] : text.pieces).toEqual(strings);
    if (typeof text !== 'string') {
      expect(text.variables.map((variable) => variableName(variable, names))).toEqual(
        result.variables,
      );
    }
    expect(new NinjaWriter(names).value(text)).toBe(result.as_value);
    // Faults of the original repaired: `:` in inputs, `|` anywhere, the leading space escaped twice.
    expect(asPath(text)).toBe(repaired(result.as_input!));
    expect(asPath(text)).toBe(repaired(result.as_output!));
  });
});

test('an empty name in braces is an error', () => {
  expect(() => parseText('a${}', noteScope())).toThrow('empty variable name at byte offset 3');
});

test('no text crashes it, and what it takes apart is all there', () => {
  const scope = noteScope();
  const unit = fc.constantFrom('$', '{', '}', 'foo', '.', ' ', ':', 'é', '|', '\n');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (input) => {
      let text;
      try {
        text = parseText(input, scope);
      } catch (error) {
        expect(error).toBeInstanceOf(NinjaError);
        return;
      }
      const spelled =
        typeof text === 'string'
          ? text
          : text.pieces.reduce(
              (all, piece, i) => `${all}\${${text.variables[i - 1]!.name}}${piece}`,
            );
      expect(spelled).toBe(
        input.replace(/\$(\$|foo)/g, (all, what) => (what === '$' ? all : '${foo}')),
      );
    }),
    { numRuns: 5_000 },
  );
});
