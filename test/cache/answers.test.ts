// What is kept of answers, and for how long.
import {
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { forgetOldAnswers, keepAnswer, type Answer } from '../../src/cache/answers.ts';

const DAY_S = 86_400;

interface Rig extends Disposable {
  readonly path: string;
  keep(some?: Partial<Answer>): void;
  /** Names of answers, without their folders. */
  kept(): string[];
}

function createRig(): Rig {
  const root = temporaryDirectory(tmpdir(), 'ashlar-answers');
  const file = join(root.path, 'read');
  writeFileSync(file, '');
  const whole: Answer = {
    name: '1-1',
    key: 'question',
    base: root.path,
    present: [file],
    absent: [join(root.path, 'absent')],
    startedAt: Date.now() + 60_000,
    said: 'answer\n',
  };
  return {
    path: root.path,
    keep: (some = {}) => keepAnswer(join(root.path, 'store'), { ...whole, ...some }, process.env),
    kept: () => {
      const directory = join(root.path, 'store/answers');
      if (!existsSync(directory)) return [];
      return readdirSync(directory).filter((name) => !name.includes('.'));
    },
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
}

test('an answer is a file that names a folder, and replaces the one before', () => {
  using rig = createRig();
  rig.keep({ said: 'before\n' });
  rig.keep();
  const directory = join(rig.path, 'store/answers');
  expect(readdirSync(directory)).toHaveLength(2);
  const [folder, base] = readFileSync(join(directory, '1-1'), 'utf8').split('\n');
  expect(base).toBe(rig.path);
  const read = (name: string): string => readFileSync(join(directory, folder!, name), 'utf8');
  expect(read('said')).toBe('answer\n');
  const own = `store/answers/${folder!}/`;
  expect(read('paths')).toBe(`read\0absent\0${own}said\0${own}paths\0`);
  expect(read('found')).toMatch(/^question\n(\d+ [0-9a-f]+ \d+ \d+\.\d{9} \d+\.\d{9}\n){3}$/);
});

test.each<[string, (rig: Rig) => Partial<Answer>]>([
  ['was changed since the run began', () => ({ startedAt: Date.now() - 60_000 })],
  ['was changed just before it', () => ({ startedAt: Date.now() })],
  ['is gone', ({ path }) => ({ present: [join(path, 'read'), join(path, 'gone')] })],
  ['leads nowhere', ({ path }) => ({ present: [join(path, 'read'), join(path, 'link')] })],
  ['is there now', ({ path }) => ({ absent: [join(path, 'read')] })],
])('nothing is kept where something %s', (_, some) => {
  using rig = createRig();
  symlinkSync('nowhere', join(rig.path, 'link'));
  rig.keep(some(rig));
  expect(rig.kept()).toEqual([]);
  expect(readdirSync(join(rig.path, 'store/answers'))).toEqual([]);
});

test.each<[string, Partial<Answer>]>([
  ['a name that is none', { name: '../x' }],
  ['no name', { name: '' }],
  ['a key that was not Unicode', { key: 'question \ufffd' }],
  ['a base that takes two lines', { base: '/a\nb' }],
])('nothing is kept under %s', (_, some) => {
  using rig = createRig();
  rig.keep(some);
  expect(rig.kept()).toEqual([]);
});

test('names that mean something to stat, or look like options, are only names', () => {
  using rig = createRig();
  const present = ['read', '-', '--help', '-c', "a'b", 'a b', 'a\nb'].map((name) =>
    join(rig.path, name),
  );
  for (const path of present) writeFileSync(path, '');
  rig.keep({ present });
  expect(rig.kept()).toEqual(['1-1']);
});

test('the newest few dozen are kept', () => {
  using rig = createRig();
  const directory = join(rig.path, 'store/answers');
  for (let i = 0; i < 34; i++) {
    rig.keep({ name: `${i}-1` });
    utimesSync(join(directory, `${i}-1`), i, i);
  }
  rig.keep({ name: '34-1' });
  expect(rig.kept()).toHaveLength(32);
  expect(readdirSync(directory)).toHaveLength(64);
  for (const gone of ['0-1', '1-1', '2-1']) expect(rig.kept()).not.toContain(gone);
});

test('what a killed process left stays for a day', () => {
  using rig = createRig();
  rig.keep();
  const store = join(rig.path, 'store');
  const left = join(store, 'answers/1-1.0123456789abcdef');
  writeFileSync(left, 'half');
  forgetOldAnswers(store);
  expect(existsSync(left)).toBe(true);
  const yesterday = Date.now() / 1000 - DAY_S - 60;
  for (const name of readdirSync(join(store, 'answers'))) {
    utimesSync(join(store, 'answers', name), yesterday, yesterday);
  }
  forgetOldAnswers(store);
  expect(existsSync(left)).toBe(false);
  expect(readdirSync(join(store, 'answers'))).toHaveLength(2);
});

test('where nothing was ever kept there is nothing to forget', () => {
  using rig = createRig();
  forgetOldAnswers(join(rig.path, 'store'));
  expect(rig.kept()).toEqual([]);
});
