// Versions in each notation, and that all of them order alike: against dpkg and rpm, and, for apk, against
// the order that its manual describes.
import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apkVersion,
  debianVersion,
  parseVersion,
  rpmEvr,
  rpmVersion,
  withoutEpoch,
} from '../../src/format/version.ts';

test('Debian’s begin with a digit, and hold what Debian’s may', () => {
  expect(['1.2-3~rc1', 'v1', '2_0', '1:2'].map(debianVersion)).toEqual([
    '1.2-3~rc1',
    '0+v1',
    '2+0',
    '1:2',
  ]);
  expect(withoutEpoch('1:2-3')).toBe('2-3');
  expect(parseVersion('1:2-rc-3')).toEqual({ epoch: 1, upstream: '2-rc', revision: '3' });
});

test('rpm has epoch, version and release apart', () => {
  expect(['1.2', '1.2~rc1-3', '2:1.2-rc-3', 'git20'].map((one) => rpmEvr(rpmVersion(one)))).toEqual(
    ['1.2-0', '1.2~rc1-3', '2:1.2.rc-3', '0+git20-0'],
  );
});

test('apk has a notation for numbers, a letter and words that it knows', () => {
  expect(
    Object.fromEntries(
      [
        '1',
        '1.2.3-4',
        '1.2b',
        '2024a',
        '1.0~rc1',
        '1.0~beta-2',
        '1.0a~pre3+git20240131-1',
        '9.2p1',
        '1.0+p',
        '2024.01.05',
      ].map((one) => [one, apkVersion(one)]),
    ),
  ).toEqual({
    '1': '1-r0',
    '1.2.3-4': '1.2.3-r4',
    '1.2b': '1.2b-r0',
    '2024a': '2024a-r0',
    '1.0~rc1': '1.0_rc1-r0',
    '1.0~beta-2': '1.0_beta-r2',
    '1.0a~pre3+git20240131-1': '1.0a_pre3_git20240131-r1',
    '9.2p1': '9.2_p1-r0',
    '1.0+p': '1.0_p-r0',
    '2024.01.05': '2024.01.05-r0',
  });
  for (const other of [
    '1:2',
    'v1',
    '1.0rc1',
    '1.0+dfsg1',
    '1.0~git2',
    '1.0-1ubuntu1',
    '1.0~rc1~rc2',
    '1..2',
    '1.0+git20240131123456',
  ]) {
    expect([other, apkVersion(other)]).toEqual([other, undefined]);
  }
});

/** Of apk's parts, in the order in which a version that goes on with them is the newer one. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

/** As the manual has it: numbers, then the letter, then suffixes, then the revision. */
function compareApk(a: string, b: string): number {
  const [first, second] = [a, b].map((version) => {
    const [, numbers, letter, suffixes, revision] =
      /^([\d.]+)([a-z]?)((?:_[a-z]+\d*)*)-r(\d+)$/.exec(version)!;
    const parts = [...suffixes!.matchAll(/_([a-z]+)(\d*)/g)].flatMap(([, word, number]) => [
      SUFFIXES.indexOf(word!) - 4,
      Number(number === '' ? -1 : number),
    ]);
    return {
      numbers: numbers!.split('.').map(Number),
      letter: letter === '' ? 0 : letter!.charCodeAt(0),
      parts,
      revision: Number(revision),
    };
  });
  const lists = (x: readonly number[], y: readonly number[], rest: number): number => {
    for (let at = 0; at < Math.max(x.length, y.length); at++) {
      const difference = (x[at] ?? rest) - (y[at] ?? rest);
      if (difference !== 0) return Math.sign(difference);
    }
    return 0;
  };
  return (
    lists(first!.numbers, second!.numbers, -1) ||
    Math.sign(first!.letter - second!.letter) ||
    lists(first!.parts, second!.parts, 0) ||
    Math.sign(first!.revision - second!.revision)
  );
}

function compareDebian(a: string, b: string): number {
  const is = (relation: string): boolean =>
    spawnSync('dpkg', ['--compare-versions', a, relation, b]).status === 0;
  return is('eq') ? 0 : is('lt') ? -1 : 1;
}

/** Of many pairs at once: a start of rpm takes longer than the comparison. */
function compareRpm(pairs: readonly (readonly [string, string])[]): number[] {
  const lines = pairs.map(([a, b]) => `print(rpm.vercmp('${a}', '${b}') .. ' ')`).join('\n');
  const text = execFileSync('rpm', ['--eval', `%{lua:\n${lines}\n}`], { encoding: 'utf8' });
  return text.trim().split(/\s+/).map(Number);
}

describe('all order alike', () => {
  const number = fc.oneof(fc.nat(12), fc.constantFrom(99, 100, 20240131));
  const numbers = fc.array(number, { minLength: 1, maxLength: 4 }).map((all) => all.join('.'));
  /** Of one kind in both: whether `1.0a` is newer than `1.0+git1` is more than anybody means. */
  const kinds = [
    fc.constantFrom('', 'a', 'b', 'o', 'z'),
    fc.constantFrom('', '~alpha', '~alpha2', '~beta1', '~pre3', '~rc', '~rc1', '~rc10'),
    fc.constantFrom('', '+git20240131', '+git20240201', '+git1'),
    fc.constantFrom('', 'p1', 'p2', 'p10'),
  ];
  const revision = fc.constantFrom('', '-0', '-1', '-2', '-10');
  const pair = fc
    .tuple(numbers, numbers, fc.constantFrom(...kinds), fc.boolean())
    .chain(([first, second, kind, same]) =>
      fc.tuple(
        fc.tuple(kind, revision).map(([suffix, last]) => `${first}${suffix}${last}`),
        fc
          .tuple(kind, revision)
          .map(([suffix, last]) => `${same ? first : second}${suffix}${last}`),
      ),
    );

  test('whatever their numbers, letters, words and revisions are', () => {
    const pairs = fc.sample(pair, { numRuns: 150, seed: 20 });
    const byRpm = compareRpm(
      pairs.map(([a, b]) => [rpmEvr(rpmVersion(a)), rpmEvr(rpmVersion(b))] as const),
    );
    pairs.forEach(([a, b], at) => {
      const expected = compareDebian(debianVersion(a), debianVersion(b));
      const byApk = compareApk(apkVersion(a)!, apkVersion(b)!);
      expect([a, b, byRpm[at], byApk]).toEqual([a, b, expected, expected]);
    });
  });

  test('and epochs, where there are any', () => {
    const [a, b] = ['1:1.0', '2.0'] as const;
    expect(compareDebian(a, b)).toBe(1);
    expect(compareRpm([[rpmEvr(rpmVersion(a)), rpmEvr(rpmVersion(b))]])).toEqual([1]);
    expect(apkVersion(a)).toBeUndefined();
  });
});
