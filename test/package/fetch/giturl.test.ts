// Which repository addresses git is given.
import { expect, test } from 'vitest';
import { gitAddress } from '../../../src/package/fetch/giturl.ts';

test.each([
  ['https://h/a.git', 'https://h/a.git', false],
  ['ssh://git@h:22/a', 'ssh://git@h:22/a', false],
  ['git@h:a/b.git', 'git@h:a/b.git', false],
  ['h:a', 'h:a', false],
  ['[::1]:a', '[::1]:a', false],
  ['file:///srv/a', 'file:///srv/a', true],
  ['file://a', 'file:///p/a', true],
  ['/srv/a:b', '/srv/a:b', true],
  ['../a', '/a', true],
  ['.', '/p', true],
])('%s is accepted as %s', (url, address, local) => {
  expect(gitAddress(url, '/p')).toEqual({ ok: true, value: { url: address, local } });
});

test.each([
  '--upload-pack=touch /tmp/x',
  '-u',
  'ext::sh -c touch% /tmp/x',
  'fd::17',
  'EXT::x',
  'transport::https://h/a',
  'ssh://-oProxyCommand=touch/a',
  'ssh://git@-oProxyCommand=touch/a',
  '-oProxyCommand=touch:a',
  'git@-oProxyCommand=touch:a',
  'ftp://h/a',
  'javascript://h/a',
  'https://',
  'https:///a',
  'https://h/a\n--option',
  'a/b',
  'name',
  '',
  ':a',
])('%j is refused', (url) => {
  const result = gitAddress(url, '/p');
  expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual([
    'source/bad-git-url',
  ]);
});

test('a refused address shows no password', () => {
  expect(JSON.stringify(gitAddress('ftp://u:secret@h/a', '/p'))).not.toContain('secret');
});
