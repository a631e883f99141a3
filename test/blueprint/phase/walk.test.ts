import { describe, expect, test } from 'vitest';
import { formatPlace, type Diagnostic } from '../../../src/base/diagnostic.ts';
import { isWild } from '../../../src/blueprint/glob/pattern.ts';
import { Engine, memoryFiles, moduleType, singleton, string } from '../../../src/index.ts';
import { walkTree, type Tree } from '../../../src/blueprint/phase/walk.ts';
import type { Dialect } from '../../../src/blueprint/syntax/tree.ts';
import { golden } from '../golden.ts';

interface SeedCase {
  readonly id: string;
  readonly files: Record<string, string>;
  readonly deps_sorted: readonly string[];
  readonly errors_sorted: readonly string[];
  readonly modules?: readonly string[];
}

const { cases } = golden('context/seed_subdirs.json') as { cases: SeedCase[] };

const m = moduleType({ name: 'm', properties: { s: string() } });

function run(files: Record<string, string>, dialect?: Dialect) {
  const modules: string[] = [];
  const list = singleton('list', (ctx) => {
    for (const module of ctx.modules()) {
      modules.push(`${module.name} dir=${module.directory} s=${String(module.properties['s'])}`);
    }
  });
  const logic = { moduleTypes: [m], singletons: [list] };
  const engine = new Engine({ files: memoryFiles(files), dialect }, logic);
  const diagnostics = engine.parse();
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) {
    engine.resolve();
    engine.prepare();
  }
  return { tree: engine.tree!, diagnostics, errors: errors.map(line), modules: modules.sort() };
}

function line({ at, message }: Diagnostic): string {
  return `${at === undefined ? '<input>' : formatPlace(at)}: ${message}`;
}

/** What the original watched: files but for the root, directories that wildcards or nothing led to. */
function watched({ paths, globs }: Tree): string[] {
  const directories = globs.flatMap(({ pattern, matches, searched }) =>
    isWild(pattern) || matches.length === 0 ? searched : [],
  );
  return [...new Set([...paths.slice(1), ...directories])].sort();
}

/** The original's faults, repaired, and what later versions of the language changed. */
function repaired(wanted: SeedCase): SeedCase {
  const deps = (add: readonly string[]) => [...wanted.deps_sorted, ...add].sort();
  switch (wanted.id) {
    case 'build':
      // Files that `build` names were not watched.
      return { ...wanted, deps_sorted: deps(['extra.bp', 'one.inc']) };
    case 'build-subdir-file':
      return { ...wanted, deps_sorted: deps(['a/x.bp']) };
    case 'build-dir':
      // The error had no place.
      return { ...wanted, errors_sorted: ['Blueprints:1:7: "a" is a directory'] };
    case 'subdirs-dup':
      // A file that is reached twice was listed twice.
      return { ...wanted, deps_sorted: [...new Set(wanted.deps_sorted)] };
    case 'subname':
      // That a file of the preferred name may appear was not noticed.
      return { ...wanted, deps_sorted: deps(['b']) };
    case 'error-in-two-subdirs':
      // Integers came later, so now it is the property that is unknown.
      return {
        ...wanted,
        errors_sorted: [
          'a/Blueprints:1:9: unrecognized property "nope"',
          ...wanted.errors_sorted.slice(1),
        ],
      };
    default:
      return wanted;
  }
}

describe('golden', () => {
  test('every case is there', () => expect(cases.length).toBe(24));

  test.each(cases)('$id', (recorded) => {
    const wanted = repaired(recorded);
    const { tree, errors, modules } = run(wanted.files, '2016');
    expect(errors.toSorted()).toEqual(wanted.errors_sorted);
    expect(watched(tree)).toEqual(wanted.deps_sorted);
    if (wanted.errors_sorted.length === 0) expect(modules).toEqual(wanted.modules);
  });
});

describe('beyond the original', () => {
  test('two listed files in one directory are an error, not a crash', () => {
    const files = memoryFiles({ 'a/Blueprints': '', 'a/More.bp': '' });
    expect(walkTree(files, { list: ['a/Blueprints', 'a/More.bp'] }).diagnostics).toMatchObject([
      {
        code: 'tree/two-files',
        message: 'directory a has two files in the module list: a/Blueprints and a/More.bp',
      },
    ]);
  });

  test('a subname that is no string is told, without being an error', () => {
    const { diagnostics } = run({
      Blueprints: 'subname = ["x"]\nsubdirs = ["a"]',
      'a/Blueprints': '',
    });
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'tree/not-a-string' }]);
  });

  test('what a broken file did not set is no mistake of its children', () => {
    const { errors } = run({
      Blueprints: 'v = nope\nsubdirs = ["a"]\nm { name: "r", s: v }',
      'a/Blueprints': 'm { name: "a", s: v }\nm { name: "b", q: 1 }',
    });
    expect(errors).toEqual([
      'Blueprints:1:5: variable "nope" is not set',
      'a/Blueprints:2:17: unrecognized property "q"',
    ]);
  });

  test('a file of the oldest form is read as that, and errors of others are those of the newest', () => {
    const { errors, modules } = run({
      Blueprints: 'subdirs = ["a"]\nm { name = "r", s: "x" }',
      'a/Blueprints': 'm { name: "a", s: `y` }',
    });
    expect(errors).toEqual([]);
    expect(modules).toEqual(['a dir=a s=y', 'r dir=. s=x']);
    expect(run({ Blueprints: 'm { name = "r", s }' }).errors).toEqual([
      'Blueprints:1:10: expected ":", found "="',
      'Blueprints:1:19: expected ":", found "}"',
    ]);
  });

  test('a thousand broken files end the run, with the first hundred or so errors', () => {
    const files: Record<string, string> = { Blueprints: 'subdirs = ["*"]' };
    for (let i = 0; i < 1000; i++) files[`d${i}/Blueprints`] = 'm {';
    expect(run(files).errors.length).toBeLessThan(150);
  });

  test('files that include each other are read once', () => {
    const { errors, modules } = run({
      Blueprints: 'subdirs = ["a", "."]\nm { name: "r" }',
      'a/Blueprints': 'subdirs = ["..", "../a"]\nm { name: "a" }',
    });
    expect([errors, modules]).toEqual([[], ['a dir=a s=', 'r dir=. s=']]);
  });
});
