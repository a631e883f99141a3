// Random changes to a tree of packages, for those who compare what is known of it with what is so.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';

/** A tree to begin with: path to content; folders end in a slash. */
export const TREE = {
  'treeinfo.json': '{}',
  'a/buildinfo.json': '{"requires": ["b"]}',
  'a/build': 'a',
  'a/extra/x': '1',
  'a/extra/deep/er/y': '22',
  'a/extra/empty/': '',
  'b/buildinfo.json': '{"requires": []}',
  'b/v.buildinfo.json': '{"requires": ["c"]}',
  'b/build': 'b',
  'b/v.build': 'v',
  'b/extra/x': '1',
  'c/buildinfo.json': '{}',
  'c/build': 'c',
  'other/file': 'no package',
};

/** Waits until a file that is written now is stamped later than all before. */
export function tick(probe: string): void {
  writeFileSync(probe, '');
  const { ctimeMs } = statSync(probe);
  while (statSync(probe).ctimeMs === ctimeMs) writeFileSync(probe, '');
}

const CONTENTS = ['1', '2', '22', '33', '{}', '{"requires": ["a"]}', '{"requires": ["c"]}', '{'];
const NAMES = ['x', 'y', 'deep', 'build', 'buildinfo.json', 'w.buildinfo.json', 'extra', 'd', 'ä'];

export interface Edit {
  readonly kind: (typeof KINDS)[number];
  /** Choose what is edited among all there is. */
  readonly one: number;
  readonly other: number;
  readonly name: string;
  readonly content: string;
}

const KINDS = [
  'overwrite',
  'forge',
  'replace',
  'swap',
  'move',
  'remove',
  'add',
  'add folder',
  'link',
  'touch',
  'mode',
] as const;

export const edits: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...KINDS),
  one: fc.nat(),
  other: fc.nat(),
  name: fc.constantFrom(...NAMES),
  content: fc.constantFrom(...CONTENTS),
});

/** Does one thing to a tree. What cannot be done is left. */
export function apply(root: string, edit: Edit): void {
  const all = readdirSync(root, { recursive: true }).map(String).sort();
  const pick = (number: number): string => join(root, all[number % all.length] ?? '.');
  const [one, other] = [pick(edit.one), pick(edit.other)];
  const isDirectory = (path: string): boolean => lstatSync(path).isDirectory();
  const folder = isDirectory(one) ? one : dirname(one);
  const beside = join(folder, edit.name);
  switch (edit.kind) {
    case 'overwrite':
      if (!isDirectory(one)) writeFileSync(one, edit.content);
      return;
    case 'forge': {
      // Another content of the same size, in place, with the old time put back.
      if (isDirectory(one) || !existsSync(one)) return;
      const { atime, mtime } = statSync(one);
      const flipped = readFileSync(one).map((byte) => (byte === 0x31 ? 0x32 : byte ^ 1));
      writeFileSync(one, flipped);
      utimesSync(one, atime, mtime);
      return;
    }
    case 'replace':
      if (isDirectory(one)) return;
      writeFileSync(`${one}.new`, edit.content);
      renameSync(`${one}.new`, one);
      return;
    case 'swap':
      if (isDirectory(one) || isDirectory(other) || one === other) return;
      renameSync(one, `${one}.swap`);
      renameSync(other, one);
      renameSync(`${one}.swap`, other);
      return;
    case 'move':
      renameSync(one, beside);
      return;
    case 'remove':
      rmSync(one, { recursive: true });
      return;
    case 'add':
      writeFileSync(beside, edit.content);
      return;
    case 'add folder':
      mkdirSync(beside);
      return;
    case 'link':
      rmSync(beside, { force: true });
      symlinkSync(edit.content.length < 3 ? other : edit.name, beside);
      return;
    case 'touch':
      utimesSync(one, edit.one % 1e9, edit.other % 1e9);
      return;
    case 'mode':
      chmodSync(one, isDirectory(one) ? 0o700 : 0o644 + (edit.one % 2) * 0o111);
      return;
  }
}

/** Errors such as that of a directory moved into itself: nothing happened then. */
export function tryTo(edit: () => void): void {
  try {
    edit();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
