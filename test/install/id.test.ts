import { expect, test } from 'vitest';
import { isPackageId, parsePackageId } from '../../src/install/id.ts';
import { codes, value } from './rig.ts';

test('an id has a name and a version', () => {
  expect(value(parsePackageId('mesos-config--ffdd'))).toEqual({
    id: 'mesos-config--ffdd',
    name: 'mesos-config',
    version: 'ffdd',
  });
});

test.each([
  '',
  'a',
  '--',
  'a--',
  '--b',
  'a--b--c',
  'a---b',
  'a/b--1',
  '../x--1',
  'a--b/c',
  'a--b\n',
])('%j is none', (text) => {
  expect(codes(parsePackageId(text))).toEqual(['package/bad-id']);
  expect(isPackageId(text)).toBe(false);
});
