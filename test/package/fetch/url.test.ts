// File names, paths and the shown form of URLs; the names agree with the original's golden table.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  absoluteUrl,
  filePath,
  parseHttpUrl,
  sourceName,
  urlCacheBasename,
} from '../../../src/package/fetch/url.ts';
import { redact } from '../../../src/base/http/redact.ts';

interface Golden {
  readonly input: string;
  readonly ok: boolean;
  readonly value?: string;
}

const golden = JSON.parse(
  readFileSync(
    resolve(import.meta.dirname, '../../../../shared/golden/pkgpanda/validation.json'),
    'utf8',
  ),
) as { url_cache_basename: Golden[] };

test.each(golden.url_cache_basename)('cache name of "$input"', ({ input, ok, value }) => {
  expect(urlCacheBasename(input)).toBe(ok ? value!.replace(/^\/cache\//, '') : undefined);
});

test.each([
  ['https://h/a.tar.gz?sig=a/b', 'a.tar.gz'],
  ['https://h/a.tgz#frag', 'a.tgz'],
  ['https://h/get.php?file=a.tar.xz', 'get.php?file=a.tar.xz'],
  ['https://h/get?id=7', 'get'],
  ['https://h/?a.zip', '?a.zip'],
  ['file://rel/a#b.tar.gz', 'a#b.tar.gz'],
  ['mirror://debian/pool/z_1.orig.tar.bz2', 'z_1.orig.tar.bz2'],
  ['http://h', 'h'],
])('the source %s is called %s', (url, name) => {
  expect(sourceName(url)).toEqual({ ok: true, value: name });
});

test.each(['nourl', 'http://h/', 'http://h/..', 'file://.', 'http://h/a\0b'])(
  '%j names no file',
  (url) => {
    const result = sourceName(url);
    expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual(['source/bad-url']);
  },
);

test('relative file URLs are relative to the package', () => {
  expect(absoluteUrl('file://a/../b', '/p/q')).toBe('file:///p/q/b');
  expect(absoluteUrl('file:///abs', '/p/q')).toBe('file:///abs');
  expect(absoluteUrl('https://h/a', '/p/q')).toBe('https://h/a');
  expect(filePath('file:///a%20b')).toBe('/a%20b');
});

test('only proper http and https URLs are asked for, and bad ones shown without secrets', () => {
  expect(parseHttpUrl('https://h/a').ok).toBe(true);
  for (const url of ['ftp://u:secret@h/a', 'https://u:se/cret@h:x/a', 'http://u:secret@', 'x']) {
    const result = parseHttpUrl(url);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/secret|cret@/);
  }
});

test.each([
  ['https://user:pass@h/a', 'https://h/a'],
  ['https://us@er:p@ss@h/a', 'https://h/a'],
  ['https://h/@scope/a', 'https://h/@scope/a'],
  ['https://h/a?x=1&sig=s#f', 'https://h/a?x=…&sig=…'],
  ['https://h/a?token', 'https://h/a?…'],
  [
    "fatal: unable to access 'https://t0ken@h/a.git/': no",
    "fatal: unable to access 'https://h/a.git/': no",
  ],
  ['ssh://git@h/a and http://u:p@h/b?c=d.', 'ssh://h/a and http://h/b?c=…'],
  ['no url at all?', 'no url at all?'],
])('%s is shown as %s', (text, shown) => {
  expect(redact(text)).toBe(shown);
});

test('no user name, password or parameter value survives, wherever the URL stands', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9!$%*+.:;@~_-]{6,20}$/);
  fc.assert(
    fc.property(secret, secret, fc.lorem(), (password, value, words) => {
      fc.pre(!'https://host.example/path?key=…'.includes(value));
      const shown = redact(`${words} https://u:${password}@host.example/path?key=${value} end`);
      expect(shown).toBe(`${words} https://host.example/path?key=… end`);
    }),
    { numRuns: 300 },
  );
});
