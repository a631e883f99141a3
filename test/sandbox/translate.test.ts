// Paths inside become paths of this machine.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { translator } from '../../src/sandbox/translate.ts';

const mount = (target: string, source: string) => ({ target, source, writable: false });
const mounts = [
  mount('/pkg', '/m/p'),
  mount('/pkg/build/', '/m/b'),
  mount('/pkg/src', '/m/s p a c e/'),
];
const { item, words, text } = translator(mounts);

describe('item', () => {
  test.each([
    ['/pkg', '/m/p'],
    ['/pkg/', '/m/p/'],
    ['/pkg/x/y', '/m/p/x/y'],
    ['/pkg/build', '/m/b'],
    ['/pkg/build/x', '/m/b/x'],
    ['/pkg/builds', '/m/p/builds'],
    ['/pkgs', '/pkgs'],
    ['x/pkg/build', 'x/pkg/build'],
    ['/x/pkg', '/x/pkg'],
    ['/pkg/bin:/usr/bin:/pkg/build/bin', '/m/p/bin:/usr/bin:/m/b/bin'],
    [':/pkg:', ':/m/p:'],
    ['KEY=/pkg/build', 'KEY=/m/b'],
    ['PATH=/pkg/bin:/usr/bin', 'PATH=/m/p/bin:/usr/bin'],
    ['--prefix=/pkg/x', '--prefix=/m/p/x'],
    ['--map=old=/pkg', '--map=old=/pkg'],
    ['-I/pkg/include', '-I/m/p/include'],
    ['-L/pkg', '-L/m/p'],
    ['--I/pkg', '--I/pkg'],
    ['cp /pkg/x /pkg/y', 'cp /pkg/x /pkg/y'],
    ['file:///pkg/x', 'file:///pkg/x'],
    ['', ''],
    ['plain', 'plain'],
  ])('%s → %s', (text, wanted) => expect(item(text)).toBe(wanted));
});

describe('words', () => {
  test.each([
    ['-I/pkg/include  -L/pkg/build/lib\t-O2', '-I/m/p/include  -L/m/b/lib\t-O2'],
    ['/pkg', '/m/p'],
    ['cp /pkg/x /pkg/y', 'cp /m/p/x /m/p/y'],
  ])('%s → %s', (text, wanted) => expect(words(text)).toBe(wanted));
});

describe('text', () => {
  test.each([
    ['cp a /pkg/x', 'cp a /m/p/x'],
    ['cd /pkg', 'cd /m/p'],
    ['/pkg/build/run', '/m/b/run'],
    ['echo a >/pkg/x 2>"/pkg/build/y"', 'echo a >/m/p/x 2>"/m/b/y"'],
    ["printf '/pkg/%s' x", "printf '/m/p/%s' x"],
    ['A=/pkg B="/pkg/build:/pkg/x"', 'A=/m/p B="/m/b:/m/p/x"'],
    ['cc -I/pkg/include --prefix=/pkg/x', 'cc -I/m/p/include --prefix=/m/p/x'],
    ['--remap=/pkg/build=/build', '--remap=/m/b=/build'],
    ['x=$(ls /pkg/build)', 'x=$(ls /m/b)'],
    ['sed "s|/pkg/build|.|"', 'sed "s|/m/b|.|"'],
    ['first\n/pkg/x\n', 'first\n/m/p/x\n'],
    ['[[ -e /pkg/build ]] && (cd /pkg; pwd)', '[[ -e /m/b ]] && (cd /m/p; pwd)'],
    ['curl file:///pkg/x', 'curl file:///m/p/x'],
    ['/pkg/builds', '/m/p/builds'],
  ])('%s → %s', (from, wanted) => expect(text(from)).toBe(wanted));

  test.each([
    '/pkgs',
    '/pkg-x',
    '/pkg.x',
    '$A/pkg',
    '${A}/pkg/x',
    '"$A"/pkg/x',
    "'a'/pkg",
    '$(pwd)/pkg',
    './pkg',
    '../pkg',
    '~/pkg',
    '*/pkg',
    '/x/pkg/build',
    'a/pkg',
    'http://pkg/x',
    '--I/pkg',
  ])('%s stays', (same) => expect(text(same)).toBe(same));

  test('any name can be a target, and any a source', () => {
    const name = fc.string({ minLength: 1 }).filter((one) => !one.includes('/'));
    fc.assert(
      fc.property(name, name, (target, source) => {
        const translated = translator([mount(`/${target}`, `/${source}`)]).text(`x /${target}/y`);
        expect(translated).toBe(`x /${source}/y`);
      }),
    );
  });
});

test('the later of two mounts on one target counts', () => {
  expect(translator([mount('/a', '/1'), mount('/a', '/2')]).item('/a/x')).toBe('/2/x');
});

test('the root can be a source and a target', () => {
  expect(translator([mount('/r', '/')]).item('/r')).toBe('/');
  expect(translator([mount('/r', '/')]).item('/r/x')).toBe('/x');
  expect(translator([mount('/', '/r')]).item('/x')).toBe('/r/x');
});

test('text that mentions no target stays as it is', () => {
  const other = fc.string().filter((one) => !one.includes('/pkg'));
  fc.assert(
    fc.property(other, (one) => [item, words, text].every((change) => change(one) === one)),
  );
});

test('without mounts, or with those that are where they say, nothing changes', () => {
  const same = translator([mount('/tmp', '/tmp')]);
  fc.assert(fc.property(fc.string(), (one) => same.item(one) === one && same.text(one) === one));
});
