// `ashlar modify`: the recorded runs of the field's modifier, the later additions, and what is better.
import { describe, expect, test } from 'vitest';
import { recordedRuns, runAshlar, withoutTemporaryNames, type Recorded } from './recorded.ts';

/**
 * What is reported, by what the original reported. Two of its faults are mended: the message names the
 * module, not the word "name"; and where a module could not be changed the exit status is 2, not 0.
 */
const MESSAGES: Record<string, string> = {
  'nested through non-map': 'error: Expected property "deps" to be a map, found list',
  'property not list': 'error: expected parameter name in module foo to be list, found string',
  'bad property': '"a..b" is not a valid property name',
  'no -m': 'error: -m parameter is required',
  'no -a -r': 'parameter is required',
  variable: 'Blueprints:4:11: error: parameter deps in module foo is a variable, unsupported',
  operator: 'Blueprints:4:11: error: parameter deps in module foo is an expression, unsupported',
  'list with var': 'Blueprints:4:17: error: list contains non-string element',
  'list of ints': 'Blueprints:3:9: error: list contains non-string element',
  'parse error': 'Blueprints:3:1: error: expected "}", found EOF',
  'stdin -w': 'error: cannot use -w with standard input',
};
const WAS_ZERO = new Set(['nested through non-map', 'property not list', 'variable', 'operator']);

async function check(recorded: Recorded): Promise<void> {
  const id = recorded.id.replace('bpmodify ', '');
  // It is of the time before *.bp.
  const dialect = id === 'dir' ? ['--dialect', '2021'] : [];
  const { exit, stdout, stderr, changed } = await runAshlar(
    ['modify', ...dialect, ...recorded.args],
    recorded.files,
    recorded.stdin ?? undefined,
  );
  expect(withoutTemporaryNames(stdout)).toBe(recorded.stdout);
  expect(changed).toEqual(recorded.changed_files);
  expect(exit).toBe(WAS_ZERO.has(id) ? 2 : recorded.exit);
  if (recorded.stderr === '') expect(stderr).toBe('');
  else expect(stderr).toContain(MESSAGES[id] ?? 'no message is known');
}

describe.concurrent('recorded runs', () => {
  test.each(recordedRuns('bpmodify'))('%s', async (_id, recorded) => check(recorded));
});

const FOO =
  'cc_foo {\n    name: "foo",\n    deps: ["baz", "unchanged"],\n    required: ["foobar"],\n    on: false,\n    arch: {\n        arm: {\n            tag: "x",\n        },\n    },\n}\n';

async function modified(...args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr } = await runAshlar(['modify', '-m', 'foo', ...args, 'x.bp'], {
    'x.bp': FOO,
  });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout;
}

describe.concurrent('later additions', () => {
  test('several properties at once', async () => {
    const text = await modified('-property', 'deps,arch.arm.deps', '-a', 'new');
    expect(text).toContain(
      '    deps: [\n        "baz",\n        "new",\n        "unchanged",\n    ],\n',
    );
    expect(text).toContain('            tag: "x",\n            deps: ["new"],\n');
  });

  test('-str sets a string', async () => {
    expect(await modified('-property', 'arch.arm.tag', '-str', 'y z')).toContain(
      '            tag: "y z",\n',
    );
    expect(await modified('-property', 'stem', '-str', '-dash')).toContain('    stem: "-dash",\n');
  });

  test('-set-bool sets a bool', async () => {
    expect(await modified('-property', 'on', '-set-bool', 'true')).toContain('    on: true,\n');
    expect(await modified('-property', 'off', '--set-bool=false')).toContain('    off: false,\n');
  });

  test('-add-literal adds a value to a list', async () => {
    const text = await modified(
      '-property',
      'structs',
      '-add-literal',
      '{version: "1", imports: ["b", "a"]}',
    );
    expect(text).toContain(
      '    structs: [\n        {\n            version: "1",\n            imports: [\n                "b",\n                "a",\n            ],\n        },\n    ],\n',
    );
  });

  test('-remove-property', async () => {
    expect(await modified('-property', 'deps', '-remove-property')).not.toContain('deps');
    expect(await modified('-property', 'arch.arm.tag', '-remove-property')).toContain(
      '        arm: {\n\n        },\n',
    );
    expect(await modified('-property', 'nothing', '-remove-property')).toBe('');
  });

  test('-move-property -new-location', async () => {
    const renamed = await modified('-property', 'deps', '-move-property', '-new-location', 'libs');
    expect(renamed).toContain('    libs: [\n        "baz",\n        "unchanged",\n    ],\n');
    const joined = await modified(
      '-property',
      'deps',
      '-move-property',
      '-new-location',
      'required',
    );
    expect(joined).toContain(
      '    required: [\n        "foobar",\n        "baz",\n        "unchanged",\n    ],\n',
    );
    expect(joined).not.toContain('deps');
  });

  test('-replace-property replaces in lists and strings', async () => {
    const text = await modified(
      '-property',
      'name,deps,required',
      '-replace-property',
      'foo=foo_lib,baz=baz_lib',
    );
    expect(text).toContain(
      '    name: "foo_lib",\n    deps: [\n        "baz_lib",\n        "unchanged",\n    ],\n    required: ["foobar"],\n',
    );
  });
});

describe.concurrent('usage', () => {
  const usage = async (...args: readonly string[]) => {
    const { exit, stdout, stderr } = await runAshlar(['modify', ...args], { 'x.bp': FOO });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    return stderr;
  };

  test.each([
    [['x.bp', '-a', 'b'], '-m parameter is required'],
    [['-a', 'b'], '-m parameter is required'],
    [['-m', 'foo', 'x.bp'], '-r'],
    [['-m', 'foo', '-a', 'b', '-str', 'x', 'x.bp'], 'only one kind of change'],
    [
      ['-m', 'foo', '-remove-property', '-a', 'b', 'x.bp'],
      '-remove-property cannot be used with other',
    ],
    [['-m', 'foo', '-move-property', 'x.bp'], '-move-property must specify -new-location'],
    [['-m', 'foo', '-move-property', '-new-location', 'y', 'x.bp'], 'must specify property'],
    [['-m', 'foo', '-s', '-add-literal', '1', 'x.bp'], 'sorting not supported'],
    [['-m', 'foo', '-add-literal', '[', 'x.bp'], 'found EOF'],
    [['-m', 'foo', '-set-bool', 'yes', 'x.bp'], 'expected true or false, found yes'],
    [['-m', 'foo', '-replace-property', 'a=b,b=c', 'x.bp'], 'duplicated replacement name b'],
    [['-m', 'foo', '-replace-property', 'a', 'x.bp'], 'invalid replacement pair a'],
    [['-m', 'foo', '-unknown', 'x.bp'], 'unknown'],
    [['-m', 'foo', '-property', 'c-flags', '-a', 'b', 'x.bp'], '"c-flags" is not a valid'],
    [
      ['-m', 'foo', '-property', 'deps', '-move-property', '-new-location', 'a.b', 'x.bp'],
      '"a.b" is not a valid property name',
    ],
  ])('%j', async (args, message) => {
    expect(await usage(...args)).toContain(message);
  });

  test('a module that cannot be changed does not keep others from it', async () => {
    const text =
      'a {\n    name: "a",\n    deps: v,\n}\n\nb {\n    name: "b",\n    deps: ["x"],\n}\n';
    const { exit, changed, stderr } = await runAshlar(['modify', '-w', '-m', '*', '-a', 'y', '.'], {
      'x.bp': text,
    });
    expect(exit).toBe(2);
    expect(stderr).toContain(
      'x.bp:3:11: error: parameter deps in module a is a variable, unsupported',
    );
    expect(changed['x.bp']).toBe(text.replace('["x"]', '[\n        "x",\n        "y",\n    ]'));
  });

  test('two at once on one file lose nothing', async () => {
    const { exit, changed } = await runAshlar(
      ['modify', '-w', '-m', 'foo', '-a', 'one,two', 'x.bp', './x.bp'],
      { 'x.bp': FOO },
    );
    expect(exit).toBe(0);
    expect(changed['x.bp']).toContain('"one"');
  });
});
