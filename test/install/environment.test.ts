import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { environmentExport, environmentText, parsePrefix } from '../../src/install/environment.ts';
import { shellWord } from '../../src/base/shell.ts';
import { parsePackageName, type Package } from '../../src/install/package.ts';
import { parsePackageInfo } from '../../src/install/pkginfo.ts';
import { codes, scratch, value } from './rig.ts';

function pack(id: string, environment: Record<string, string>): Package {
  const text = JSON.stringify({ environment });
  return {
    ...value(parsePackageName(id)),
    directory: '/nowhere',
    info: value(parsePackageInfo({ file: 'pkginfo.json', text })),
    buildinfo: undefined,
  };
}

test('no packages: only the two variables of the root', () => {
  expect(environmentText([], '/opt/x')).toBe(
    '# Pkgpanda provided environment variables\nLD_LIBRARY_PATH=/opt/x/lib\n' +
      'PATH=/opt/x/bin:/usr/bin:/bin:/sbin\n\n',
  );
  expect(environmentExport([], '/opt/x')).toBe(
    '# Pkgpanda provided environment variables\nexport LD_LIBRARY_PATH=/opt/x/lib\n' +
      'export PATH="/opt/x/bin:$PATH"\n\n',
  );
});

test('plain values stay plain, others are quoted for the shell only', () => {
  const packages = [pack('a--1', { A: '1', B: "it's x" }), pack('b--1', {})];
  expect(environmentText(packages, '/r')).toContain(
    "\n\n# package: a--1\nA=1\nB=it's x\n\n# package: b--1\n\n",
  );
  expect(environmentExport(packages, '/r')).toContain(
    "\n\n# package: a--1\nexport A=1\nexport B='it'\\''s x'\n\n# package: b--1\n\n",
  );
});

test('a shell reads back every value and every prefix as it was', () => {
  using dir = scratch();
  const file = join(dir.path, 'environment.export');
  const nasty = [
    ...fc.sample(fc.string({ unit: 'binary', maxLength: 12 }), { seed: 7, numRuns: 300 }),
    ..."|'|\"|$HOME|`id`|\\|$(id)|~|a:~|*|#|!!|é😀|-n|a=b|\t|;exit|&|<|>|(|{a,b}|'\\''|\u001b[31m".split(
      '|',
    ),
  ].filter((text) => !/[\n\r\0\ud800-\udfff]/u.test(text));
  const environment = Object.fromEntries(nasty.map((text, i) => [`V${i}`, text]));
  const prefix = '/pre fix/$HOME"`\\\'';
  writeFileSync(file, environmentExport([pack('a--1', environment)], prefix));
  const print = nasty.map((_, i) => `printf '%s\\n' "$V${i}"`).join('\n');
  const script = `PATH=/usr/bin; . "$1"\nprintf '%s\\n' "$PATH" "$LD_LIBRARY_PATH"\n${print}`;
  for (const shell of ['/bin/sh', '/bin/bash']) {
    const shown = execFileSync(shell, ['-euc', script, shell, file], { encoding: 'utf8' });
    expect(shown).toBe([`${prefix}/bin:/usr/bin`, `${prefix}/lib`, ...nasty, ''].join('\n'));
  }
});

test('what is plain is not quoted', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_@%+=:,./-]+$/), (text) => shellWord(text) === text),
  );
});

test('a prefix is an absolute path that PATH can hold', () => {
  expect(value(parsePrefix('/opt/ashlar//'))).toBe('/opt/ashlar');
  for (const bad of ['', 'opt', './x', '/a:b', '/a\nb', '/a\0b']) {
    expect(codes(parsePrefix(bad))).toEqual(['install/bad-prefix']);
  }
});
