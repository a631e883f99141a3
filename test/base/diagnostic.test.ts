import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildError,
  Collector,
  definitionError,
  didYouMean,
  environmentError,
  exitStatus,
  failed,
  formatDiagnostic,
  formatPlace,
  ok,
  printable,
  sortDiagnostics,
  suggest,
  warning,
  type Diagnostic,
} from '../../src/base/diagnostic.ts';
import { lineRange, positionAt, type Span } from '../../src/base/span.ts';

const error = definitionError({ code: 'test/error', message: 'message' });

/** The span of a marked part: `a[b]c` has `b` marked. */
function marked(text: string, file = 'f'): Span {
  const start = text.indexOf('⟦');
  const end = text.indexOf('⟧') - 1;
  return { source: { file, text: text.replace('⟦', '').replace('⟧', '') }, start, end };
}

const frame = (text: string): string[] =>
  formatDiagnostic({ ...error, at: marked(text) })
    .split('\n')
    .slice(1);

describe('the text of a diagnostic', () => {
  test('with everything', () => {
    const at = marked('first\nse⟦con⟧d\n', 'dir/file.bp');
    const text = formatDiagnostic({
      ...error,
      message: 'it is broken',
      at,
      notes: [
        { message: 'seen here', at: { ...at, start: 0 } },
        { message: 'and in', at: { file: 'g' } },
        { message: 'twice' },
      ],
      hint: 'repair it',
    });
    expect(text).toBe(
      [
        'dir/file.bp:2:3: error: it is broken',
        '  2 | second',
        '    |   ~~~',
        '  dir/file.bp:1:1: note: seen here',
        '  g: note: and in',
        '  note: twice',
        '  hint: repair it',
      ].join('\n'),
    );
  });

  test('with little', () => {
    expect(formatDiagnostic(error)).toBe('error: message');
    expect(formatDiagnostic(warning({ code: 'a/b', message: 'careful', at: { file: 'f' } }))).toBe(
      'f: warning: careful',
    );
    expect(
      formatDiagnostic({ ...error, at: { source: { file: 'f', text: '' }, start: 0, end: 0 } }),
    ).toBe('f:1:1: error: message');
  });

  test('is one line per part, whatever stands in it', () => {
    const evil = 'a\nb\r\u001b[31m\u0000\u202e\ud800';
    const escaped = 'a\\u000ab\\u000d\\u001b[31m\\u0000\\u202e\\ud800';
    const text = formatDiagnostic({
      ...error,
      message: evil,
      at: { file: evil },
      notes: [{ message: evil, at: { file: evil } }],
      hint: evil,
    });
    expect(text).toBe(
      `${escaped}: error: ${escaped}\n  ${escaped}: note: ${escaped}\n  hint: ${escaped}`,
    );
  });
});

describe('the frame', () => {
  test('keeps tabs, so that the squiggle is below what it means', () => {
    expect(frame('\tx\t⟦y⟧')).toEqual(['  1 | \tx\ty', '    | \t \t~']);
  });

  test('counts what is shown: escapes as long as they are, wide letters twice, accents not at all', () => {
    expect(frame('a\u0001⟦b\u007f⟧')).toEqual([
      '  1 | a\\u0001b\\u007f',
      `    | ${' '.repeat(7)}${'~'.repeat(7)}`,
    ]);
    expect(frame('世界 ⟦한⟧')).toEqual(['  1 | 世界 한', '    |      ~~']);
    expect(frame('e\u0301 ⟦x⟧')).toEqual(['  1 | e\u0301 x', '    |   ~']);
    expect(frame('\u{1f600}⟦\u{1f600}\u{1f600}⟧')).toEqual([
      '  1 | \u{1f600}\u{1f600}\u{1f600}',
      '    |   ~~~~',
    ]);
  });

  test('shows the first line of a span, without its line end', () => {
    expect(frame('a⟦b\r\ncd⟧')).toEqual(['  1 | ab', '    |  ~']);
    expect(frame('x\n⟦⟧')).toEqual(['  2 |', '    | ~']);
    expect(frame('x⟦\r\n⟧')).toEqual(['  1 | x', '    |  ~']);
    expect(frame('x⟦⟧')).toEqual(['  1 | x', '    |  ~']);
  });

  test('widens with the line number', () => {
    expect(frame(`${'\n'.repeat(99)}⟦x⟧`)).toEqual(['  100 | x', '      | ~']);
  });

  test('of a long line is the neighbourhood', () => {
    const [text, squiggle] = frame(`${'a'.repeat(1000)}⟦${'b'.repeat(1000)}⟧${'c'.repeat(1000)}`);
    expect(text).toBe(`  1 | ${'a'.repeat(80)}${'b'.repeat(80)}`);
    expect(squiggle).toBe(`    | ${' '.repeat(80)}${'~'.repeat(80)}`);
    expect(frame(`${'a'.repeat(20)}⟦b⟧${'c'.repeat(1000)}`)[0]).toBe(
      `  1 | ${'a'.repeat(20)}b${'c'.repeat(139)}`,
    );
    expect(frame(`${'\u{1f600}'.repeat(500)}⟦b⟧`)[0]).toBe(`  1 | ${'\u{1f600}'.repeat(80)}b`);
    expect(frame(`a${'\u{1f600}'.repeat(500)}⟦b⟧`)[0]).toBe(`  1 | ${'\u{1f600}'.repeat(80)}b`);
  });

  test('of a line of 100 MB takes no longer than that of a short one', () => {
    const text = 'x'.repeat(100_000_000);
    const at = { source: { file: 'f', text }, start: 50_000_000, end: 100_000_000 };
    expect(formatDiagnostic({ ...error, at })).toContain(`| ${'x'.repeat(160)}\n`);
  });

  test('any span of any text has one, and its squiggle begins at its column', () => {
    const text = fc.array(
      fc.constantFrom('a', '\t', '\n', '\r\n', '\u0007', '世', '\u{1f600}', '\ud800'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(text, fc.nat(40), fc.nat(40), (parts, from, length) => {
        const text = parts.join('');
        const start = Math.min(from, text.length);
        const at = {
          source: { file: 'f', text },
          start,
          end: Math.min(start + length, text.length),
        };
        const lines = formatDiagnostic({ ...error, at }).split('\n');
        expect(lines).toHaveLength(text === '' ? 1 : 3);
        if (text === '') return;
        expect(lines[2]).toMatch(/^ +\| [\t ]*~+$/);
        const { line } = positionAt(at.source, start);
        const range = lineRange(at.source, line);
        const before = Array.from(text.slice(range.start, Math.min(start, range.end)));
        const blank = lines[2]!.replace(/^ +\| /, '').replace(/~+$/, '');
        expect(blank.length).toBeGreaterThanOrEqual(before.length);
        expect(blank.replaceAll(' ', '')).toBe(before.filter((char) => char === '\t').join(''));
      }),
      { numRuns: 3_000 },
    );
  });
});

test('places', () => {
  expect(formatPlace(marked('a\n⟦b⟧'))).toBe('f:2:1');
  expect(formatPlace({ file: 'g' })).toBe('g');
});

test('text that acts is made visible, other text is left alone', () => {
  expect(printable('ä 世 \u{1f600} "\\"')).toBe('ä 世 \u{1f600} "\\"');
  expect(printable('\u009b\u2028\ufeff\u2066\udc00')).toBe('\\u009b\\u2028\\ufeff\\u2066\\udc00');
});

describe('several diagnostics', () => {
  const at = (file: string, start: number): Diagnostic => ({
    ...error,
    message: `${file}@${start}`,
    at: { source: { file, text: 'x'.repeat(10) }, start, end: start },
  });

  test('stand by file and offset, those of a whole file first, those without a place last', () => {
    const whole: Diagnostic = { ...error, message: 'whole', at: { file: 'b' } };
    const nowhere = ['1', '2'].map((message): Diagnostic => ({ ...error, message }));
    const sorted = sortDiagnostics([
      nowhere[0]!,
      at('b', 2),
      at('a', 9),
      at('b', 1),
      whole,
      nowhere[1]!,
    ]);
    expect(sorted.map(({ message }) => message)).toEqual(['a@9', 'whole', 'b@1', 'b@2', '1', '2']);
  });

  test('are collected until somebody wants to know', () => {
    const found = new Collector();
    expect(found.finish(1)).toEqual(ok(1));
    found.add(warning({ code: 'a/b', message: 'careful' }));
    expect(found.failed).toBe(false);
    expect(found.finish(2)).toEqual(ok(2));
    expect(found.take(ok('value'))).toBe('value');
    expect(found.take(failed(at('b', 1), at('a', 1)))).toBeUndefined();
    expect(found.failed).toBe(true);
    const finished = found.finish(3);
    expect(finished.ok ? [] : finished.diagnostics.map(({ message }) => message)).toEqual([
      'a@1',
      'b@1',
      'careful',
    ]);
  });

  test('may be very many', () => {
    const many = Array.from({ length: 300_000 }, () => error);
    const found = new Collector();
    found.take({ ok: false, diagnostics: many });
    const finished = found.finish(0);
    expect(finished.ok ? 0 : finished.diagnostics.length).toBe(300_000);
  });

  test('end with the status of the gravest', () => {
    const build = buildError({ code: 'a/b', message: '' });
    const environment = environmentError({ code: 'a/b', message: '' });
    expect(exitStatus([])).toBe(0);
    expect(exitStatus([warning({ code: 'a/b', message: '' })])).toBe(0);
    expect(exitStatus([build])).toBe(1);
    expect(exitStatus([build, error])).toBe(2);
    expect(exitStatus([environment, build, error])).toBe(3);
  });
});

describe('what was meant', () => {
  const names = ['sources', 'requires', 'docker', 'name', 'id', 'x'];

  test.each([
    ['source', 'sources'],
    ['REQUIRES', 'requires'],
    ['reqiures', 'requires'],
    ['dokcer', 'docker'],
    ['nmae', undefined],
    ['nam', 'name'],
    ['ids', 'id'],
    ['X', 'x'],
    ['y', undefined],
    ['', undefined],
    ['name', undefined],
    ['unrelated', undefined],
    ['n'.repeat(1_000_000), undefined],
  ])('%.20s → %s', (name, meant) => {
    expect(suggest(name, names)).toBe(meant);
  });

  test('as a hint', () => {
    expect(didYouMean('source', names)).toBe('did you mean "sources"?');
    expect(didYouMean('nothing like it', names)).toBeUndefined();
  });

  test('ties go to the first', () => {
    expect(suggest('cat', ['bat', 'rat'])).toBe('bat');
    expect(suggest('cat', new Set(['rat', 'bat']))).toBe('rat');
  });
});
