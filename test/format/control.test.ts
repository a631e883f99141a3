// Texts, names and versions as tools of the dpkg family have them.
import { expect, test } from 'vitest';
import {
  controlFields,
  controlText,
  debianFileName,
  debianName,
  debianScript,
} from '../../src/format/control.ts';
import { HELLO } from '../rig/payload.ts';

test('further lines are indented, empty ones marked, empty values left out', () => {
  expect(
    controlText([
      ['A', 'x\n\n y'],
      ['B', ''],
      ['C', undefined],
    ]),
  ).toBe('A: x\n .\n  y\n');
});

test('names', () => {
  expect(['zlib', 'GTK+_Ünder', '@x', 'A'].map(debianName)).toEqual([
    'zlib',
    'gtk+--nder',
    'x-x',
    'x-a',
  ]);
  expect(debianFileName({ name: 'A_b', version: '1:2.0-1' }, 'deb')).toMatch(
    /^a-b_2\.0-1_[a-z0-9]+$/,
  );
});

test('what is split off names what it is of, and requires the same version of it', () => {
  const fields = new Map(
    controlFields(
      { ...HELLO, name: 'hello-dev', version: '1:2-3', requires: [{ name: 'hello', exact: true }] },
      'deb',
    ),
  );
  expect([fields.get('Source'), fields.get('Depends')]).toEqual(['hello', 'hello (= 1:2-3)']);
});

test('a script ends where it is not meant', () => {
  expect(debianScript('prerm', 'stop\n\n', "/it's")).toBe(
    "#!/bin/sh\nset -e\nPREFIX='/it'\\''s'\ncase \"$1\" in remove) ;; *) exit 0 ;; esac\nstop\n",
  );
});
