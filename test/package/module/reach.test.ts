// What scripts reach through functions and values, what of it counts, and that no order decides anything.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandText, reach, type Scope } from '../../../src/package/module/reach.ts';

function scope(
  variables: Readonly<Record<string, string>>,
  functions: Readonly<Record<string, string>> = {},
  {
    excluded = {},
    volatile = [],
  }: { excluded?: Record<string, string[]>; volatile?: string[] } = {},
): Scope {
  return {
    variables: new Map(
      Object.entries(variables).map(([name, value]) => [
        name,
        { value, excluded: excluded[name] ?? [], volatile: volatile.includes(name) },
      ]),
    ),
    functions: new Map(Object.entries(functions)),
  };
}

describe('reaching', () => {
  test('goes through functions, and values of variables, and no further', () => {
    const found = reach(
      'build',
      [],
      scope(
        { CFLAGS: '-O2 ${WARN}', WARN: '-Wall', OTHER: 'x', LEVEL: '3' },
        {
          build: 'compile; log',
          compile: 'cc $CFLAGS',
          log: 'echo "$LEVEL"',
          unused: 'echo $OTHER',
        },
      ),
    );
    expect(found.variables).toEqual({ CFLAGS: '-O2 -Wall', LEVEL: '3' });
    expect(found.written).toEqual({ CFLAGS: '-O2 ${WARN}', WARN: '-Wall', LEVEL: '3' });
    expect(Object.keys(found.functions).sort()).toEqual(['build', 'compile', 'log']);
    expect(found.problems).toEqual([]);
  });

  test('a function that the script defines itself is its own', () => {
    const found = reach('f() { :; }; f', [], scope({}, { f: 'echo outer' }));
    expect(found.functions).toEqual({});
  });

  test('a function that is handed on to other programs is reached, with what it reaches', () => {
    const functions = { f: 'g $X', g: 'echo $Y', h: ':' };
    const found = reach('export -f f; xargs bash -c "f"', [], scope({ X: '1', Y: '2' }, functions));
    expect(Object.keys(found.functions).sort()).toEqual(['f', 'g']);
    expect(found.variables).toEqual({ X: '1', Y: '2' });
    const shown = reach('declare -f h > lib.sh', [], scope({ h: '1' }, functions));
    expect(shown.functions).toEqual({ h: ':' });
    expect(shown.variables).toEqual({});
  });

  test('a here-document that nothing closes is a doubt in a script, and a mistake in a function', () => {
    const text = ':\ncat <<END\nx\n  END\n';
    expect(reach(text, [], scope({})).problems).toEqual([
      { kind: 'unclosed', delimiter: 'END', line: 2 },
    ]);
    // It takes the brace that ends the function.
    expect(reach('f', [], scope({}, { f: text })).problems).toEqual([
      {
        kind: 'syntax',
        of: 'f',
        message: 'the here-document is not closed by a line "END"',
        line: 2,
      },
    ]);
  });

  test('what cannot be seen is declared', () => {
    const found = reach('"$@"', ['f', 'X'], scope({ X: '1', Y: '2' }, { f: 'echo $Y' }));
    expect(found.variables).toEqual({ X: '1', Y: '2' });
    expect(Object.keys(found.functions)).toEqual(['f']);
  });

  test('functions may call each other in circles', () => {
    const found = reach('a', [], scope({}, { a: 'b', b: 'a' }));
    expect(Object.keys(found.functions).sort()).toEqual(['a', 'b']);
  });
});

describe('a word of a list', () => {
  const features = (list: string) =>
    reach(
      'echo $GTK',
      [],
      scope({ GTK: '${FEATURES?gtk:--with-gtk:--without-gtk}', FEATURES: list }),
    );

  test('is all that counts of the list', () => {
    expect(features('x11 gtk').variables).toEqual({ GTK: '--with-gtk' });
    expect(features('x11').variables).toEqual({ GTK: '--without-gtk' });
    expect(features('x11 gtk').written).toEqual(features('wayland gtk').written);
    expect(features('x11 gtk').written).not.toEqual(features('gtk-doc').written);
    expect(features('gtk').written).toEqual({
      GTK: '${FEATURES?gtk:--with-gtk:--without-gtk}',
      'FEATURES?gtk': 'true',
    });
  });

  test('the list itself may be made of others', () => {
    const found = reach(
      'echo $X',
      [],
      scope({ X: '${ALL?b:yes:no}', ALL: 'a ${MORE}', MORE: 'b' }),
    );
    expect(found.variables).toEqual({ X: 'yes' });
    expect(Object.keys(found.written)).toEqual(['ALL?b', 'X']);
  });
});

describe('what does not count', () => {
  test('pieces of values are there and not in the key', () => {
    const found = reach(
      'cc $CFLAGS',
      [],
      scope(
        { CFLAGS: '-O2 -fdiagnostics-color' },
        {},
        { excluded: { CFLAGS: ['-fdiagnostics-color'] } },
      ),
    );
    expect(found.variables).toEqual({ CFLAGS: '-O2 -fdiagnostics-color' });
    expect(found.written).toEqual({ CFLAGS: '-O2' });
  });

  test('the order of pieces decides nothing', () => {
    const pieces = ['ab', 'bc', 'a', 'abc'];
    const texts = [pieces, pieces.toReversed()].map(
      (excluded) =>
        reach('echo $X', [], scope({ X: 'abcab' }, {}, { excluded: { X: excluded } })).written['X'],
    );
    expect(texts[0]).toBe(texts[1]);
  });

  test('volatile values, and what is made of them, are in the environment apart', () => {
    const found = reach(
      'make $ARGS $OWN',
      [],
      scope({ ARGS: '-j${JOBS} V=1', JOBS: '8', OWN: 'x' }, {}, { volatile: ['JOBS'] }),
    );
    expect(found.variables).toEqual({ OWN: 'x' });
    expect(found.volatile).toEqual({ ARGS: '-j8 V=1' });
    expect(found.written).toEqual({ ARGS: '-j${JOBS} V=1', OWN: 'x' });
  });
});

describe('mistakes', () => {
  test('a circle is told with its chain', () => {
    const { problems } = reach('echo $A', [], scope({ A: '${B}', B: 'x ${C?w:1:2}', C: '${A}' }));
    expect(problems).toContainEqual({ kind: 'cycle', chain: ['A', 'B', 'C', 'A'] });
  });

  test('a reference that leads nowhere is told', () => {
    const { problems } = reach('echo $A', [], scope({ A: '${NOPE}' }));
    expect(problems).toEqual([{ kind: 'unknown', name: 'NOPE', of: 'A' }]);
  });

  test('two dollars are one, and no reference', () => {
    expect(expandText('$${A} ${A} $A', scope({ A: 'x' })).text).toBe('${A} x $A');
  });
});

test('neither the order of definitions nor that of functions decides anything', () => {
  const names = ['A', 'B', 'C', 'D', 'E'];
  const value = fc
    .array(fc.constantFrom('x ', '${A}', '${B}', '${C?w:1:2}', '${D} '), { maxLength: 4 })
    .map((all) => all.join(''));
  const body = fc
    .array(fc.constantFrom('f', 'g', 'h', 'echo $A', 'echo ${B}', 'echo "$(g)$E"'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((all) => all.join('\n'));
  fc.assert(
    fc.property(
      fc.record(
        Object.fromEntries(names.map((name) => [name, value])) as Record<string, typeof value>,
      ),
      fc.record({ f: body, g: body, h: body }),
      body,
      fc.shuffledSubarray(names, { minLength: names.length }),
      (variables, functions, script, order) => {
        const one = reach(script, [], scope(variables, functions));
        const shuffled = Object.fromEntries(order.map((name) => [name, variables[name]!]));
        const other = reach(
          script,
          [],
          scope(shuffled, Object.fromEntries(Object.entries(functions).reverse())),
        );
        expect(other.variables).toEqual(one.variables);
        expect(other.written).toEqual(one.written);
        expect(other.functions).toEqual(one.functions);
      },
    ),
  );
});
