// `ashlar fmt`: the recorded runs of the field's formatter, and what is better here.
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordedRuns, run, runAshlar, withoutTemporaryNames } from './recorded.ts';

const UGLY = 'm{name:"x",srcs:["b","a"]}\n';
const FORMATTED = 'm {\n    name: "x",\n}\n';

/** Messages have a severity, the source line, and what to do; the last line, a count, is gone. */
const MESSAGES: Record<string, string> = {
  'expected "}", found EOF': 'error: expected "}", found EOF',
  'one of -d, -l, -o, or -w is required': 'error: one of -d, -l, -o, or -w is required',
  'stat nope: no such file or directory': 'error: nope: no such file or directory',
  'error: cannot use -w with standard input': 'error: cannot use -w with standard input',
  'flag provided but not defined: -x': '-x',
};

describe.concurrent('recorded runs', () => {
  test.each(recordedRuns('bpfmt'))('%s', async (id, recorded) => {
    // It is of the time before *.bp.
    const dialect = id === 'bpfmt dir' ? ['--dialect', '2021'] : [];
    const args = ['fmt', ...dialect, ...recorded.args];
    const { exit, stdout, stderr, changed } = await runAshlar(
      args,
      recorded.files,
      recorded.stdin ?? undefined,
    );
    expect(withoutTemporaryNames(stdout)).toBe(recorded.stdout);
    expect(changed).toEqual(recorded.changed_files);
    expect(exit).toBe(recorded.exit);
    const key = Object.keys(MESSAGES).find((message) => recorded.stderr.includes(message));
    if (recorded.stderr === '') expect(stderr).toBe('');
    else expect(stderr).toContain(MESSAGES[key!]);
  });
});

describe.concurrent('beyond the recorded runs', () => {
  test('below a directory, *.bp stand beside Blueprints', async () => {
    const files = {
      Blueprints: UGLY,
      'a/Android.bp': UGLY,
      'a/.hidden.bp': UGLY,
      '.git/Blueprints': UGLY,
      'ok.bp': FORMATTED,
    };
    const { stdout } = await runAshlar(['fmt', '-l', '.'], files);
    expect(stdout).toBe('.git/Blueprints\nBlueprints\na/Android.bp\n');
  });

  test('--check exits with 1 if a file would change, with 2 if one is broken', async () => {
    const ugly = await runAshlar(['fmt', '--check', '.'], { Blueprints: UGLY, 'b.bp': FORMATTED });
    expect(ugly).toEqual({ exit: 1, stdout: 'Blueprints\n', stderr: '', changed: {} });
    const formatted = await runAshlar(['fmt', '--check', '.'], { Blueprints: FORMATTED });
    expect(formatted).toEqual({ exit: 0, stdout: '', stderr: '', changed: {} });
    const broken = await runAshlar(['fmt', '-check', '.'], { Blueprints: UGLY, 'b.bp': 'm {\n' });
    expect(broken).toMatchObject({ exit: 2, stdout: 'Blueprints\n' });
  });

  test('all errors of all files, with the source', async () => {
    const files = { 'a.bp': 'm { a: 1 b: "x }\n}\nn = \n', 'b.bp': 'x = [1\n', 'c.bp': UGLY };
    const { exit, stderr, changed } = await runAshlar(['fmt', '-w', '.'], files);
    expect(exit).toBe(2);
    expect(stderr).toBe(
      [
        'a.bp:1:10: error: expected "}", found Ident',
        '  1 | m { a: 1 b: "x }',
        '    |          ~',
        '  hint: is a comma missing before this?',
        'a.bp:1:13: error: literal not terminated',
        '  1 | m { a: 1 b: "x }',
        '    |             ~~~~',
        '  hint: close the string with a double quote on the same line',
        'a.bp:4:1: error: expected bool, list, or string value; found EOF',
        '  4 |',
        '    | ~',
        'b.bp:2:1: error: expected "]", found EOF',
        '  2 |',
        '    | ~',
        '  b.bp:1:5: note: it was opened here',
        '',
      ].join('\n'),
    );
    expect(Object.keys(changed)).toEqual(['c.bp']);
  });

  test('a list that cannot be sorted leaves its file alone', async () => {
    const files = { 'a.bp': 'x = ["b", v]\n', 'b.bp': 'x = ["b", "a"]\n' };
    const { exit, stderr, changed } = await runAshlar(['fmt', '-s', '-w', '.'], files);
    expect(exit).toBe(2);
    expect(stderr).toContain('a.bp:1:11: error: list contains non-string element');
    expect(changed).toEqual({ 'b.bp': 'x = [\n    "a",\n    "b",\n]\n' });
  });

  test('a file keeps its mode, a link stays a link, and what is formatted is not touched', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ashlar-fmt-'));
    const at = (name: string) => join(directory, name);
    try {
      writeFileSync(at('real'), UGLY);
      chmodSync(at('real'), 0o751);
      writeFileSync(at('formatted'), FORMATTED);
      symlinkSync('real', at('Blueprints'));
      const before = statSync(at('formatted'));
      const { exit, stderr } = await run(['fmt', '-w', 'Blueprints', 'formatted'], directory, '');
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(lstatSync(at('Blueprints')).isSymbolicLink()).toBe(true);
      expect(readFileSync(at('real'), 'utf8')).toContain('    name: "x",\n');
      expect(statSync(at('real')).mode & 0o777).toBe(0o751);
      expect(statSync(at('formatted')).ino).toBe(before.ino);
      expect(readdirSync(directory).sort()).toEqual(['Blueprints', 'formatted', 'real']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('bytes that are not UTF-8 are reported, never replaced', async () => {
    const files = { 'a.bp': Buffer.from('m{a:"\xe9"}\n// \xff\n', 'latin1') };
    const { exit, stderr, changed } = await runAshlar(['fmt', '-w', 'a.bp'], files);
    expect({ exit, changed }).toEqual({ exit: 2, changed: {} });
    expect(stderr).toContain('a.bp:1:6: error: invalid UTF-8 encoding');
    expect(stderr).toContain('a.bp:2:4: error: invalid UTF-8 encoding');
  });
});
