// No bytes crash or hang the parser. More of the same: FUZZ_RUNS=1000000 FUZZ_SEED=7.
import { describe, expect, test } from 'vitest';
import { fuzzSyntax } from '../../../fuzz/syntax.ts';
import { evaluate } from '../../../src/blueprint/syntax/evaluate.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { print } from '../../../src/blueprint/syntax/print.ts';
import { Scope } from '../../../src/blueprint/syntax/scope.ts';
import { cases } from './golden.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const runs = Number(process.env['FUZZ_RUNS'] ?? 15_000);

test(`${runs} hostile files from seed ${seed}`, { timeout: 0 }, () => {
  fuzzSyntax(
    seed,
    runs,
    cases('2025').map(({ input }) => input),
  );
});

describe('large hostile files end in bounded time, with bounded diagnostics', () => {
  const size = 200_000;
  test.each([
    ['open lists', 'x = ' + '['.repeat(size)],
    ['open maps', 'x = ' + '{a:'.repeat(size)],
    ['open selects', 'x = ' + 'select(f(), {"a": '.repeat(size)],
    ['closed lists', `x = ${'['.repeat(size)}${']'.repeat(size)}`],
    ['closers', ']})'.repeat(size)],
    ['names', 'a '.repeat(size)],
    ['modules without an end', 'm {\n'.repeat(size)],
    ['strings without an end', '"\n'.repeat(size)],
    ['escapes', `x = "${'\\q'.repeat(size)}"`],
    ['comments without an end', '/* '.repeat(size)],
    ['line comments', '//\n'.repeat(size)],
    ['a long number', `x = ${'9'.repeat(size)}`],
    ['minus', `x = ${'-'.repeat(size)}`],
    ['plus', `x = ${'+'.repeat(size)}`],
    ['commas', `x = [${','.repeat(size)}]`],
    ['NUL', '\0'.repeat(size)],
    ['broken UTF-8', '\udcff'.repeat(size)],
    ['broken properties', `m {${'a: ,'.repeat(size)}}`],
    ['back quotes', '`'.repeat(size + 1)],
    ['patterns', `x = select(f(), {${'"a": 1,'.repeat(size)}})`],
    ['definitions after a broken one', `m { a: [\n${'n {\n'.repeat(size)}`],
  ])('%s', (_name, text) => {
    const started = process.cpuUsage();
    const { file, diagnostics } = parse({ file: 'Blueprints', text });
    evaluate(file, new Scope());
    const { user } = process.cpuUsage(started);
    expect(diagnostics.length).toBeLessThanOrEqual(200);
    // Linear time is a fraction of a second here, quadratic time minutes.
    expect(user / 1e6).toBeLessThan(20);
  });

  const long = 5_000_000;
  test.each([
    ['block comments on one line', `x = [${'/* c */ '.repeat(long / 8)}]`],
    ['raw strings on one line', `x = [${'`x`, '.repeat(long / 5)}]`],
    ['a comment of blanks', `/*${' '.repeat(long)}*/`],
    ['a line comment with blanks inside', `//${' '.repeat(long)}x`],
  ])('%s: read and printed in bounded time', { timeout: 0 }, (_name, text) => {
    const started = process.cpuUsage();
    const { file, diagnostics } = parse({ file: 'Blueprints', text });
    expect(diagnostics).toEqual([]);
    expect(print(file).length).toBeGreaterThan(long / 2);
    // Linear time is a second or two here, quadratic time minutes.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(20);
  });

  test('long sums', () => {
    const text = `x = ${Array.from({ length: 100_000 }, () => '["a"]').join(' + ')}\nm { v: x + ["b"] }\n`;
    const { file, diagnostics } = parse({ file: 'Blueprints', text });
    expect(diagnostics).toEqual([]);
    const value = evaluate(file, new Scope()).modules[0]!.properties[0]!.value;
    expect(value.kind === 'list' && value.values.length).toBe(100_001);
    expect(print(file)).toContain('["a"] + ["a"]');
  });

  test('sums that double are refused before they fill the memory', () => {
    const doubling = (zero: string) =>
      `x0 = ${zero}\n${Array.from({ length: 60 }, (_, i) => `x${i + 1} = x${i} + x${i}\n`).join('')}`;
    for (const zero of ['"a"', '["a"]']) {
      const { file } = parse({ file: 'Blueprints', text: doubling(zero) });
      expect(evaluate(file, new Scope()).diagnostics).toMatchObject([
        { code: 'blueprint/operator', message: expect.stringMatching(/^the sum is a/) },
      ]);
    }
  });

  test('nesting through variables is refused like nesting in the text', () => {
    const lines = Array.from({ length: 300 }, (_, i) => `x${i + 1} = [[x${i}]]\n`);
    const { file } = parse({ file: 'Blueprints', text: `x0 = "a"\n${lines.join('')}` });
    expect(evaluate(file, new Scope()).diagnostics).toMatchObject([
      { message: 'with the value of "x250" this is nested deeper than 500 levels' },
    ]);
  });
});
