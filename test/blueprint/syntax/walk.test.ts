// Reading whole trees: the recorded walks of 2016, module lists, and what can be missing.
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatPlace, ok } from '../../../src/base/diagnostic.ts';
import type { Value } from '../../../src/blueprint/syntax/scope.ts';
import type { Dialect, Module } from '../../../src/blueprint/syntax/tree.ts';
import {
  readListedTree,
  readTree,
  type Tree,
  type WalkOptions,
} from '../../../src/blueprint/syntax/walk.ts';
import { readGolden } from './golden.ts';

/** Files in memory, and the wildcards that the cases need. */
function memory(
  files: Readonly<Record<string, string>>,
  dialect?: Dialect,
): WalkOptions & { reads: string[] } {
  const directories = new Map<string, Set<string>>([['.', new Set()]]);
  for (const path of Object.keys(files)) {
    for (let at = path; at !== '.'; at = posix.dirname(at)) {
      const above = posix.dirname(at);
      directories.set(above, (directories.get(above) ?? new Set()).add(posix.basename(at)));
    }
  }
  const reads: string[] = [];
  const list = (path: string) => [...(directories.get(path) ?? [])];
  return {
    reads,
    ...(dialect === undefined ? {} : { dialect }),
    files: {
      kindOf: (path) =>
        directories.has(path) ? 'directory' : Object.hasOwn(files, path) ? 'file' : undefined,
      read: (path) => {
        reads.push(path);
        return Object.hasOwn(files, path) ? Buffer.from(files[path]!) : undefined;
      },
      list,
    },
    glob: (pattern) => {
      const directory = posix.dirname(pattern);
      const name = new RegExp(
        `^${posix.basename(pattern).replaceAll('.', '\\.').replaceAll('*', '.*')}$`,
      );
      const names = list(directory)
        .filter((other) => name.test(other))
        .sort();
      return ok({
        matches: names.map((other) => posix.join(directory, other)),
        searched: [directory],
      });
    },
  };
}

function errors({ diagnostics }: Tree): string[] {
  return diagnostics
    .map(({ at, message }) => (at === undefined ? message : `${formatPlace(at)}: ${message}`))
    .sort();
}

/** `NAME dir=DIR s=VALUE` for each module, sorted. */
function modules({ files }: Tree): string[] {
  const text = (module: Module<Value>, name: string): string => {
    const value = module.properties.find((property) => property.name === name)?.value;
    return value?.kind === 'string' ? value.value : '';
  };
  return files
    .flatMap(({ directory, modules: all }) =>
      all.map((module) => `${text(module, 'name')} dir=${directory} s=${text(module, 's')}`),
    )
    .sort();
}

interface Walked {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly deps_sorted: readonly string[];
  readonly errors_sorted: readonly string[];
  readonly modules?: readonly string[];
}

/** Where we do better, or where it is not the language that fails but a module type. */
const BETTER: Record<string, Partial<Walked>> = {
  // The original forgets that it depends on the files that `build` names.
  build: { deps_sorted: ['.', 'extra.bp', 'one.inc'] },
  'build-subdir-file': { deps_sorted: ['a/x.bp'] },
  // It overwrites this error.
  'subname-not-string': { errors_sorted: ['Blueprints:1:9: "subname" must be a string'] },
  // It gives no place.
  'build-dir': { errors_sorted: ['Blueprints:1:7: "a" is a directory'] },
  // There were no ints at the time; module types are not known here.
  'error-in-two-subdirs': { errors_sorted: ['b/Blueprints:2:1: expected "}", found EOF'] },
};

describe('recorded walks', () => {
  const { cases } = readGolden('context/seed_subdirs.json') as { cases: Walked[] };
  test('all are there', () => expect(cases).toHaveLength(24));
  test.each(cases.map((walked) => [walked.id, walked] as const))('%s', (id, walked) => {
    const tree = readTree('Blueprints', memory(walked.files, '2016'));
    const expected = { ...walked, ...BETTER[id] };
    expect(errors(tree)).toEqual(expected.errors_sorted);
    expect(tree.dependencies).toEqual([...new Set(expected.deps_sorted)]);
    if (expected.errors_sorted.length === 0) expect(modules(tree)).toEqual(expected.modules);
  });
});

describe('walks', () => {
  test('a file reached twice is read once', () => {
    const files = memory({
      Blueprints: 'subdirs = ["a", "*", "a/../a"]\nbuild = ["a/Blueprints"]\n',
      'a/Blueprints': 'subdirs = [".."]\nm { name: "a" }\n',
    });
    const tree = readTree('./Blueprints', files);
    expect(errors(tree)).toEqual([]);
    expect(files.reads).toEqual(['Blueprints', 'a/Blueprints']);
  });

  test('parents come before children', () => {
    const tree = readTree(
      'Blueprints',
      memory({
        Blueprints: 'subdirs = ["b", "a"]\n',
        'a/Blueprints': '',
        'b/Blueprints': 'subdirs = ["c"]\nbuild = ["x.bp"]\n',
        'b/x.bp': '',
        'b/c/Blueprints': '',
      }),
    );
    expect(tree.files.map(({ path }) => path)).toEqual([
      'Blueprints',
      'b/Blueprints',
      'a/Blueprints',
      'b/x.bp',
      'b/c/Blueprints',
    ]);
    expect(tree.files.map(({ parent }) => parent?.path)).toEqual([
      undefined,
      'Blueprints',
      'Blueprints',
      'b/Blueprints',
      'b/Blueprints',
    ]);
  });

  test('directories without Blueprints are read from Android.bp, or from all *.bp', () => {
    const tree = readTree(
      'Blueprints',
      memory({
        Blueprints: 'subdirs = ["a", "b", "c"]\n',
        'a/Android.bp': 'm { name: "a" }\n',
        'a/sources.bp': 'm { name: "not" }\n',
        'b/one.bp': 'm { name: "b1" }\n',
        'b/two.bp': 'm { name: "b2" }\n',
        'b/.hidden.bp': 'm { name: "not" }\n',
        'c/Blueprints': 'm { name: "c" }\n',
        'c/Android.bp': 'm { name: "not" }\n',
      }),
    );
    expect(modules(tree).map((line) => line.split(' ')[0])).toEqual(['a', 'b1', 'b2', 'c']);
    expect(tree.dependencies).toContain('b');
  });

  test('an error in a file is told once, also where others inherit from it', () => {
    const tree = readTree(
      'Blueprints',
      memory({
        Blueprints: 'v = nope\nsubdirs = ["a"]\n',
        'a/Blueprints': 'w = v\nm { name: "a", s: v }\nn { name: "n", s: "x" }\no { s: 1 + "x" }\n',
      }),
    );
    expect(errors(tree)).toEqual([
      'Blueprints:1:5: variable "nope" is not set',
      'a/Blueprints:4:10: mismatched type in operator +: int64 != string',
    ]);
    expect(modules(tree)).toEqual(['n dir=a s=x']);
  });

  test('after many broken files no more are begun', () => {
    const files: Record<string, string> = { Blueprints: 'subdirs = ["*"]\n' };
    for (let i = 100; i < 130; i++) files[`d${i}/Blueprints`] = 'm {\n';
    const tree = readTree('Blueprints', memory(files));
    expect(errors(tree)).toHaveLength(11);
  });

  test('no root file', () => {
    expect(errors(readTree('Blueprints', memory({})))).toEqual(['Blueprints: file does not exist']);
  });

  test('what the system says is told, and does not stop the walk', () => {
    const options = memory({
      Blueprints: 'subdirs = ["a", "b"]\n',
      'a/Blueprints': '',
      'b/Blueprints': 'm {\n',
    });
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    const read = (path: string) => {
      if (path === 'a/Blueprints') throw denied;
      return options.files.read(path);
    };
    const tree = readTree('Blueprints', { ...options, files: { ...options.files, read } });
    expect(tree.diagnostics.map(({ code }) => code)).toEqual(['fs/eacces', 'blueprint/syntax']);
  });
});

describe('module lists', () => {
  const listed = (list: string, files: Record<string, string>) =>
    readListedTree('bplist', memory({ ...files, bplist: list }));

  test('files inherit from the nearest directory above', () => {
    const tree = listed('a/b/c/Blueprints\nBlueprints\n\nd/Blueprints\r\na/Blueprints\n', {
      Blueprints: 'v = "root"\nsubdirs = ["ignored"]\n',
      'a/Blueprints': 'v2 = v + "-a"\nm { name: "a", s: v2 }\n',
      'a/b/c/Blueprints': 'm { name: "abc", s: v2 + "-c" }\n',
      'd/Blueprints': 'm { name: "d", s: v }\n',
    });
    expect(errors(tree)).toEqual([]);
    expect(modules(tree)).toEqual([
      'a dir=a s=root-a',
      'abc dir=a/b/c s=root-a-c',
      'd dir=d s=root',
    ]);
    expect(tree.dependencies).toEqual([
      'Blueprints',
      'a/Blueprints',
      'a/b/c/Blueprints',
      'd/Blueprints',
    ]);
  });

  test('what is wrong with the list', () => {
    const tree = listed('Blueprints\nx/Blueprints\na/Blueprints\na/Android.bp\n', {
      Blueprints: 'build = ["sub/x.bp"]\n',
      'a/Blueprints': 'build = "x"\n',
      'a/Android.bp': '',
    });
    expect(errors(tree)).toEqual([
      `Blueprints:1:7: illegal value sub/x.bp. The '/' character is not permitted`,
      'a/Blueprints:1:7: "build" must be a list of strings',
      // The original crashes.
      'bplist:2:1: x/Blueprints: file does not exist',
      'bplist:4:1: two files of one directory are listed: a/Blueprints and a/Android.bp',
    ]);
    expect(errors(readListedTree('nope', memory({})))).toEqual(['nope: file does not exist']);
  });

  test('build names files of the same directory', () => {
    const tree = listed('Blueprints\n', {
      Blueprints: 'v = "x"\nbuild = ["extra.bp", "*.inc"]\n',
      'extra.bp': 'm { name: v }\n',
      'one.inc': 'm { name: "one" }\n',
    });
    expect(modules(tree)).toEqual(['one dir=. s=', 'x dir=. s=']);
    expect(tree.dependencies).toEqual(['.', 'Blueprints', 'extra.bp', 'one.inc']);
  });
});
