// How reasons read.
import { describe, expect, test } from 'vitest';
import { causeText } from '../../../src/cli/reporter/cause.ts';
import { reasonText, RootCauses } from '../../../src/cli/reporter/reason.ts';
import { changeText } from '../../../src/cli/reporter/value.ts';
import type { Cause } from '../../../src/task/reason.ts';

const cause = (fields: Partial<Cause>): Cause => ({
  path: 'variables.CFLAGS',
  task: 'zlib:compile',
  old: '-O2',
  new: '-O3',
  ...fields,
});

const source = { file: '/tree/zlib/Blueprints', text: '1\n2\n  CFLAGS' };
const at = { source, start: 6, end: 12 };

describe('a change', () => {
  test.each<[string, string | undefined, string | undefined, string]>([
    ['of a value', '-O2', '-O3', '"-O2" → "-O3"'],
    ['to nothing', '-O2', '', '"-O2" → ""'],
    ['from nothing', undefined, '-O3', 'set to "-O3"'],
    ['into nothing', '-O2', undefined, 'was "-O2"'],
    ['of blanks', 'a b', 'a  b', '"a·b" → "a··b" (only white space differs)'],
    ['of a tab', 'a b', 'a\tb', '"a·b" → "a→b" (only white space differs)'],
    ['of control characters', 'a', 'a\u001b[31m', '"a" → "a\\u001b[31m"'],
    ['of contents', 'a'.repeat(64), 'b'.repeat(64), 'contents changed'],
    ['of a line', 'one\ntwo\n', 'one\n2\n', '"two" → "2"'],
    ['of lines', 'a\nb\nc\n', 'A\nB\nC\n', '"a" → "A" and 2 more lines'],
    ['that adds a line', 'a\n', 'a\nb\n', 'set to "b"'],
    ['of the order of lines', 'a\nb\n', 'b\na\n', 'lines in another order'],
    ['of indentation', 'a\n b\n', 'a\n  b\n', 'a line (only white space differs)'],
    [
      'in a long list of words',
      '-O2 -g -Wall -Wextra -pipe -fstack-protector-strong -D_FORTIFY_SOURCE=2',
      '-O3 -g -Wall -Wextra -pipe -fstack-protector-strong -D_FORTIFY_SOURCE=2',
      'without "-O2", with "-O3"',
    ],
    [
      'deep in a long value',
      `${'x'.repeat(100)}1${'y'.repeat(100)}`,
      `${'x'.repeat(100)}2${'y'.repeat(100)}`,
      `"…${'x'.repeat(16)}1${'y'.repeat(29)}…" → "…${'x'.repeat(16)}2${'y'.repeat(29)}…"`,
    ],
  ])('%s', (_, old, now, text) => {
    expect(changeText(old, now)).toBe(text);
  });
});

test('what follows forced tasks names one of them', () => {
  const text = (...tasks: string[]) => reasonText({ kind: 'follows', tasks }, 'app:install', '/');
  expect(text('lib:build')).toBe('follows lib:build');
  expect(text('lib:build', 'zlib:build')).toBe('follows lib:build (and 1 more)');
});

describe('a cause', () => {
  test.each<[Partial<Cause>, string]>([
    [{ at }, 'CFLAGS in zlib/Blueprints:3: "-O2" → "-O3"'],
    [
      { path: 'directories./pkg/work.layer', old: 'nothing', new: 'lib:unpack (0123456789ab)' },
      'what /pkg/work begins with: nothing → lib:unpack',
    ],
    [{ path: 'functions.fix' }, 'function fix: "-O2" → "-O3"'],
    [{ path: 'script', at }, 'script in zlib/Blueprints:3: "-O2" → "-O3"'],
    [
      {
        path: 'inputs./pkg/build/build',
        at: { file: '/tree/zlib/build' },
        old: 'a'.repeat(64),
        new: 'b'.repeat(64),
      },
      'zlib/build: contents changed',
    ],
    [{ path: 'inputs./pkg/src/x', old: undefined, new: 'c'.repeat(64) }, '/pkg/src/x: added'],
    [{ path: 'inputs./pkg/src/x', new: undefined }, '/pkg/src/x: removed'],
  ])('%j', (fields, text) => {
    expect(causeText(cause(fields), '/tree')).toBe(text);
  });

  test('of another task names that one', () => {
    const reason = { kind: 'changed', causes: [cause({ at })] } as const;
    expect(reasonText(reason, 'zlib:install', '/tree')).toBe(
      'zlib:compile: CFLAGS in zlib/Blueprints:3: "-O2" → "-O3"',
    );
  });

  test('that many tasks follow from is told once', () => {
    const causes = new RootCauses();
    for (let i = 0; i < 214; i++) {
      const task = `p${i}:compile`;
      causes.add({ kind: 'changed', causes: [cause({ at, task })] }, task);
    }
    causes.add({ kind: 'changed', causes: [cause({ path: 'variables.X' })] }, 'zlib:compile');
    causes.add({ kind: 'new' }, 'other:compile');
    expect(causes.lines('/tree', 5)).toEqual([
      'CFLAGS in zlib/Blueprints:3: "-O2" → "-O3"; 214 tasks follow',
      'zlib:compile: X: "-O2" → "-O3"',
    ]);
  });

  test('that is no task’s own is told once, and what came or went in several tasks of each', () => {
    const causes = new RootCauses();
    const [old, now] = ['a'.repeat(64), 'b'.repeat(64)];
    for (const task of ['lib:patch', 'lib:compile', 'app:compile']) {
      const image = cause({ task, path: 'image', old, new: now });
      const path = cause({ task, path: 'variables.CPATH', old: '/a', new: '/b' });
      causes.add({ kind: 'changed', causes: [image, path] }, task);
    }
    for (const task of ['lib:compile', 'app:compile']) {
      const gone = cause({ task, path: 'volatile.VERBOSE', old: 'VERBOSE', new: undefined });
      causes.add({ kind: 'changed', causes: [gone] }, task);
    }
    expect(causes.lines('/tree', 5)).toEqual([
      'the image: another one (aaaaaaaaaaaa → bbbbbbbbbbbb); 3 tasks follow',
      'CPATH: "/a" → "/b"; 3 tasks follow',
      'lib:compile: volatile variable VERBOSE: removed',
      'app:compile: volatile variable VERBOSE: removed',
    ]);
    const reason = { kind: 'changed', causes: [cause({ path: 'image', old, new: now })] } as const;
    expect(reasonText(reason, 'app:compile', '/tree')).toMatch(/^the image: /);
  });
});
