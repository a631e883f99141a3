import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { requirementFor } from '../../src/cache/mirror/setting.ts';
import { generateKey, writePublicKey } from '../../src/cache/trust/key.ts';
import { loadSettings } from '../../src/package/settings.ts';
import { parseSize } from '../../src/package/sharing.ts';
import { collect, summary } from './located.ts';
import { writeFiles } from './rig.ts';

function load(settings: string) {
  using root = temporaryDirectory(tmpdir(), 'ashlar-sharing');
  writeFiles(root.path, { 'ashlar.json': settings });
  const loaded = collect((out) => loadSettings(root.path, root.path, out));
  return { ...loaded, directory: root.path };
}

function publicKey(name: string): string {
  const key = generateKey(name);
  if (!key.ok) throw new Error('no key');
  return writePublicKey(key.value);
}

test('mirrors, keys, requirements, the signing key and the limit are read', () => {
  const { value, out, directory } = load(
    JSON.stringify({
      shared_state: {
        mirrors: [
          'shared',
          { url: 'https://me:pw@host/x', write: true },
          {
            url: '/abs',
            require: { signatures: 2, keys: ['ci', 'b'], signed_after: '2026-01-01' },
          },
        ],
        keys: {
          ci: publicKey('other-name'),
          b: { key: publicKey('b'), scopes: ['release'], expires: '2027-01-31', revoked: true },
        },
        require: { scopes: ['release'] },
        sign: { key: 'ci', scope: 'release' },
      },
      store: { max_size: '1.5 GB' },
    }),
  );
  expect(out.diagnostics).toEqual([]);
  const { mirrors, trusted, signKey, signScope } = value.sharedState;
  expect(mirrors.map(({ address, write }) => [address, write])).toEqual([
    [join(directory, 'shared'), false],
    ['https://me:pw@host/x', true],
    ['/abs', false],
  ]);
  expect(trusted.map(({ name, scopes, revoked }) => [name, scopes, revoked])).toEqual([
    ['ci', undefined, false],
    ['b', ['release'], true],
  ]);
  expect(trusted[1]!.expiresMs).toBe(Date.parse('2027-01-31'));
  expect([signKey, signScope]).toEqual(['ci', 'release']);
  expect(value.storeLimit).toBe(1.5e9);
  expect(mirrors.map((mirror) => requirementFor(mirror, value.sharedState))).toEqual([
    { signatures: 1, keys: undefined, scopes: ['release'], signedAfterMs: undefined },
    { signatures: 1, keys: undefined, scopes: ['release'], signedAfterMs: undefined },
    {
      signatures: 2,
      keys: ['ci', 'b'],
      scopes: undefined,
      signedAfterMs: Date.parse('2026-01-01'),
    },
  ]);
});

test('with keys and no requirement one signature is needed, without keys none', () => {
  const mirrors = ['x'];
  const keys = { ci: publicKey('ci') };
  for (const [settings, signatures] of [
    [{ mirrors }, 0],
    [{ mirrors, keys }, 1],
    [{ mirrors, keys, require: { signatures: 0 } }, 0],
  ] as const) {
    const { sharedState } = load(JSON.stringify({ shared_state: settings })).value;
    expect(requirementFor(sharedState.mirrors[0]!, sharedState).signatures).toBe(signatures);
  }
});

test('all that is wrong is told at its place, and no password with it', () => {
  const { out } = load(`{
  "shared_state": {
    "mirrors": ["ftp://u:secret@h/", {"write": true}, {"url": "https://h/?q", "wirte": true}, 7],
    "keys": {"a": "ashlar-public-1:a:short", "b": {}, "c": 1},
    "require": {"signatures": -1, "keys": ["ci"], "signed_after": "soon"},
    "sign": "ci"
  },
  "store": {"max_size": "big", "min_size": 1}
}`);
  expect(summary(out.diagnostics).sort()).toEqual([
    // Without a place, which would show the line and what is secret in it.
    'ashlar.json mirror/address',
    'ashlar.json mirror/address',
    'ashlar.json:3:38 settings/shared-state',
    'ashlar.json:3:79 definition/unknown-key',
    'ashlar.json:3:95 definition/type',
    'ashlar.json:4:19 keys/text',
    'ashlar.json:4:51 settings/shared-state',
    'ashlar.json:4:60 definition/type',
    'ashlar.json:5:31 definition/type',
    'ashlar.json:5:43 settings/shared-state',
    'ashlar.json:5:67 settings/date',
    'ashlar.json:6:13 definition/type',
    'ashlar.json:8:25 settings/size',
    'ashlar.json:8:32 definition/unknown-key',
  ]);
  const shown = out.diagnostics.map((one) => formatDiagnostic(one)).join('\n');
  const [line] = shown.match(/^.*ftp.*$/m)!;
  expect(line).not.toContain('secret');
});

test('more signatures than there are keys are never to be had', () => {
  const keys = { ci: publicKey('ci') };
  const { out } = load(JSON.stringify({ shared_state: { keys, require: { signatures: 2 } } }));
  expect(out.diagnostics[0]!.message).toBe('2 signatures are required, of 1 key');
});

test.each([
  ['0', 0],
  ['1000', 1000],
  ['20GB', 20e9],
  ['1.5 TiB', 1.5 * 2 ** 40],
  [' 7 mb ', 7e6],
  ['', undefined],
  ['-1', undefined],
  ['1e9', undefined],
  ['5 XB', undefined],
  ['constructor', undefined],
])('the size %j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test('no text makes a size that is no number', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = parseSize(text);
      expect(
        bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0) || bytes > 2 ** 53,
      ).toBe(true);
    }),
  );
});
