// Changes that show in several parts of records, told once.
import { describe, expect, test } from 'vitest';
import type { Cause } from '../../src/task/reason.ts';
import { withoutRelocated } from '../../src/task/relocation.ts';
import { withoutRepeats } from '../../src/task/repeat.ts';

const at = { file: '/tree/Blueprints' };

const cause = (path: string, old?: string, now?: string, more: Partial<Cause> = {}): Cause => ({
  path,
  task: 'lib:install',
  old,
  new: now,
  ...more,
});

const told = (causes: readonly Cause[]): string[] =>
  causes.map(({ path, old, new: now }) => `${path}: ${old} → ${now}`);

describe('a directory that is another one now', () => {
  const moved = [
    cause('variables.CPATH', '/opt/a/include:/usr/opt/ab', '/opt/b/include:/usr/opt/ab'),
    cause('directories./opt/a.writable', 'false', undefined),
    cause('directories./opt/b.writable', undefined, 'false'),
    cause('inputs./opt/b/x.json', undefined, '{"at": "/opt/b"}'),
    cause('inputs./opt/a/x.json', '{"at": "/opt/a"}', undefined),
  ];

  test('is told once, as what it is', () => {
    expect(told(withoutRelocated(moved))).toEqual(['root: /opt/a → /opt/b']);
  });

  test('is told where somebody wrote it, under one name', () => {
    const prefix = cause('variables.PREFIX', '/opt/a', '/opt/b', { at });
    expect(withoutRelocated([...moved, prefix])).toEqual([
      { ...prefix, path: 'parameters.prefix' },
    ]);
    expect(withoutRelocated([prefix])).toEqual([{ ...prefix, path: 'parameters.prefix' }]);
  });

  test.each<[string, Cause]>([
    ['a value that changed in something else too', cause('script', 'cp /opt/a', 'mv /opt/b')],
    ['a path that only begins so', cause('variables.X', '/opt/abc', '/opt/bbc')],
    ['an input with other content', cause('inputs./opt/b/y', undefined, 'y')],
    ['another value', cause('variables.FLAGS', '-O2', '-O3')],
  ])('does not hide %s', (_, other) => {
    expect(told(withoutRelocated([...moved, other]))).toEqual([
      'root: /opt/a → /opt/b',
      ...told([other]),
    ]);
  });

  test('is no other path that changed', () => {
    const causes = [
      cause('workdir', '/pkg/work/lib', '/pkg/work'),
      cause('variables.SRC', '/pkg/work/lib', '/pkg/work'),
    ];
    expect(withoutRelocated(causes)).toEqual(causes);
  });

  test('is not guessed from two that came', () => {
    const causes = [
      cause('directories./a.writable', 'true', undefined),
      cause('directories./b.writable', undefined, 'true'),
      cause('directories./c.writable', undefined, 'true'),
    ];
    expect(withoutRelocated(causes)).toEqual(causes);
  });
});

test('an output that is named after the version is not told beside it', () => {
  const version = cause('parameters.version', '1.0', '1.1', { at });
  const output = cause('outputs.deb.at', '/out/lib_1.0_amd64.deb', '/out/lib_1.1_amd64.deb');
  const other = cause('outputs.log.at', '/out/1.0.log', '/out/2.0.log');
  expect(withoutRelocated([version, output, other])).toEqual([version, other]);
  expect(withoutRelocated([output])).toEqual([output]);
});

describe('what is told by something else', () => {
  test.each<[string, Cause[], string[]]>([
    [
      'the directory of an output',
      [
        cause('directories./out.writable', undefined, 'true'),
        cause('outputs.html.at', undefined, '/out/html'),
      ],
      ['outputs.html.at: undefined → /out/html'],
    ],
    [
      'an entry that names an input whose place is known',
      [
        cause('parameters.inputs.ipk', undefined, 'ipk', { at }),
        cause('inputs./pkg/in/ipk/a.ipk', undefined, 'a', { at }),
      ],
      ['inputs./pkg/in/ipk/a.ipk: undefined → a'],
    ],
    [
      'an input that an entry names whose place is known',
      [
        cause('parameters.packages.tool', undefined, 'tool', { at }),
        cause('inputs./in/tool.tar.xz', undefined, 'a'),
      ],
      ['parameters.packages.tool: undefined → tool'],
    ],
    [
      'an output that a format brings',
      [
        cause('parameters.formats.tar.gz', 'tar.gz', undefined),
        cause('outputs.tar.gz.at', '/out/x', undefined),
      ],
      ['parameters.formats.tar.gz: tar.gz → undefined'],
    ],
  ])('%s', (_, causes, lines) => {
    expect(told(withoutRepeats(causes))).toEqual(lines);
    expect(told(withoutRepeats(causes.toReversed()))).toEqual(lines);
  });

  test('but not by what went when it came, or has a name that only begins so', () => {
    const causes = [
      cause('parameters.packages.tool', 'tool', undefined),
      cause('inputs./in/tool.tar.xz', undefined, 'a', { at }),
      cause('inputs./in/toolbox.tar.xz', 'a', undefined, { at }),
    ];
    expect(withoutRepeats(causes)).toEqual(causes);
  });
});
