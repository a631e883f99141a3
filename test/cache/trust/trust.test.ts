// Who is believed: the bytes that are signed, what they are worth, and what becomes of results that are
// not signed as they should be.
import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, type Sha256Hex } from '../../../src/base/digest.ts';
import { sealEntry } from '../../../src/cache/entry.ts';
import { openResult } from '../../../src/cache/mirror/judge.ts';
import {
  generateKey,
  listKeys,
  loadKey,
  readPrivateKey,
  readPublicKey,
  saveKey,
  writePublicKey,
  type PrivateKey,
} from '../../../src/cache/trust/key.ts';
import type { Requirement, TrustedKey } from '../../../src/cache/trust/policy.ts';
import { addSignature, readSignatures, signResult } from '../../../src/cache/trust/signature.ts';
import { statement } from '../../../src/cache/trust/statement.ts';
import { decodeActionResult } from '../../../src/remote/decode.ts';
import { encodeActionResult } from '../../../src/remote/encode.ts';
import type { ActionResult } from '../../../src/remote/message.ts';
import { ChaosMirror } from '../../rig/chaos.ts';
import { makeResult, openedMirrors, type Made, type MirrorsOptions } from '../../rig/mirrors.ts';
import { temporaryStore, wipe, type TemporaryStore } from '../../rig/store.ts';

let here: TemporaryStore;
beforeAll(() => (here = temporaryStore()));
afterEach(() => wipe(here));
afterAll(() => here[Symbol.dispose]());

function keyOf(name: string): PrivateKey {
  const key = generateKey(name);
  if (!key.ok) throw new Error(key.diagnostics[0]!.message);
  return key.value;
}

const ALICE = keyOf('alice');
const BOB = keyOf('bob');
const MALLORY = keyOf('mallory');

function trust(key: PrivateKey, more: Partial<TrustedKey> = {}): TrustedKey {
  return { ...key, scopes: undefined, expiresMs: undefined, revoked: false, ...more };
}

const NOW = Date.parse('2026-06-01T00:00:00Z');
const RESULT: ActionResult = {
  files: [{ path: 'out/a', digest: digestOf('a'), executable: true }],
  directories: [{ path: 'out/d', tree: digestOf('tree'), root: digestOf('root') }],
  exitCode: 0,
  action: digestOf('action'),
  log: digestOf('log'),
  worker: 'builder',
  startedMs: 1000,
  completedMs: 2000,
};
const KEY = digestOf('key').hash;

describe('the signed bytes', () => {
  const seed = `ashlar-private-1:test:${Buffer.alloc(32, 7).toString('base64')}`;
  const read = readPrivateKey(seed);
  if (!read.ok) throw new Error('no key');
  const known = read.value;
  const claim = { scope: 'release', signedAt: 1_780_000_000 };

  test('are these', () => {
    expect(statement(KEY, RESULT, claim).toString()).toMatchInlineSnapshot(`
      "ashlar result signature 1
      {"action":"bd938c688f49b77c7fc537c6b9222e2c97ebddd63076b87f2feaec66fb9c05d0/6","directories":[["out/d","dc9c5edb8b2d479e697b4b0b8ab874f32b325138598ce9e7b759eb8292110622/4","4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2/4"]],"exit":0,"files":[["out/a","ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb/1",true]],"key":"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683","scope":"release","signed":1780000000}"
    `);
  });

  test('give, with a key that is known, this signature', () => {
    const signature = signResult(KEY, RESULT, known, claim);
    expect(Buffer.from(signature.bytes).toString('hex')).toMatchInlineSnapshot(
      `"bc4908dbffcd78eb7f4a908727217b1e14e1fcd5a9ecf35afbe7c9896e5b9f2f5ab386849b75819155ba7eaed30efb09ea079425dd5fa6a6115c0b94a6d2f80e"`,
    );
    expect(writePublicKey(known)).toMatchInlineSnapshot(
      `"ashlar-public-1:test:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="`,
    );
    const entry = sealEntry(KEY, addSignature(encodeActionResult(RESULT), signature));
    expect(digestOf(entry)).toMatchInlineSnapshot(`
      {
        "hash": "b6b18e51bf8955565440bc146c42ce737797ff383d8f5a871794668cc3cc1ca3",
        "size": 544,
      }
    `);
    // Other readers see the result as if nothing were signed.
    expect(decodeActionResult(entry)).toEqual(RESULT);
    const hexadecimal = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const [read] = readSignatures(entry);
    expect({ ...read, bytes: hexadecimal(read!.bytes) }).toEqual({
      ...signature,
      bytes: hexadecimal(signature.bytes),
    });
  });

  test('leave out what differs when another machine comes to the same', () => {
    const other = { ...RESULT, log: undefined, worker: 'x', startedMs: 5, completedMs: 6 };
    expect(statement(KEY, other, claim)).toEqual(statement(KEY, RESULT, claim));
  });

  test('tell apart everything else', () => {
    const [file] = RESULT.files as [ActionResult['files'][number]];
    const [directory] = RESULT.directories as [ActionResult['directories'][number]];
    const others: ActionResult[] = [
      { ...RESULT, exitCode: 1 },
      { ...RESULT, action: undefined },
      { ...RESULT, action: digestOf('other') },
      { ...RESULT, files: [] },
      { ...RESULT, files: [{ ...file, path: 'out/b' }] },
      { ...RESULT, files: [{ ...file, executable: false }] },
      { ...RESULT, files: [{ ...file, digest: digestOf('b') }] },
      { ...RESULT, files: [{ ...file, digest: { ...file.digest, size: 9 } }] },
      { ...RESULT, directories: [{ ...directory, tree: digestOf('x') }] },
      { ...RESULT, directories: [{ ...directory, root: digestOf('x') }] },
      { ...RESULT, directories: [directory, directory] },
    ];
    const all = [
      statement(KEY, RESULT, claim),
      statement(digestOf('other').hash, RESULT, claim),
      statement(KEY, RESULT, { ...claim, scope: 'pr' }),
      statement(KEY, RESULT, { ...claim, signedAt: 1 }),
      ...others.map((other) => statement(KEY, other, claim)),
    ].map(String);
    expect(new Set(all).size).toBe(all.length);
  });
});

interface Scene {
  readonly signers: readonly { key: PrivateKey; scope?: string; atMs?: number }[];
  readonly trusted: readonly TrustedKey[];
  readonly require: Partial<Requirement>;
  /** What the result that is served says, where it is not what was signed. */
  readonly served?: Partial<ActionResult>;
  readonly servedUnder?: Sha256Hex;
}

/** What a reader makes of a result on a mirror: `taken`, or the warning. */
async function judged(scene: Scene): Promise<string> {
  await using chaos = await ChaosMirror.start();
  let message: Uint8Array = encodeActionResult({ ...RESULT, ...scene.served });
  for (const { key, scope = '', atMs = NOW } of scene.signers) {
    const claim = { scope, signedAt: atMs / 1000 };
    message = addSignature(message, signResult(KEY, RESULT, key, claim));
  }
  const under = scene.servedUnder ?? KEY;
  chaos.files.set(`ac/${under}`, Buffer.from(sealEntry(under, message)));
  const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()], {
    trusted: scene.trusted,
    require: { signatures: 1, ...scene.require },
    now: () => NOW,
  });
  const found = await mirrors.results([under]);
  await close();
  if (found.size === 1) return warnings.length === 0 ? 'taken' : 'taken with a warning';
  expect(warnings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
    'mirror/untrusted-result warning',
  ]);
  expect(warnings[0]!.message).toContain(`ac/${under}`);
  return warnings[0]!.message.split('is not trusted: ')[1]!;
}

const DAY = 24 * 3_600_000;

test.each<[string, Scene, string | RegExp]>([
  [
    'no signature, none required',
    { signers: [], trusted: [], require: { signatures: 0 } },
    'taken',
  ],
  ['no signature', { signers: [], trusted: [trust(ALICE)], require: {} }, 'it is not signed'],
  ['a trusted one', { signers: [{ key: ALICE }], trusted: [trust(ALICE)], require: {} }, 'taken'],
  [
    'an unknown one',
    { signers: [{ key: MALLORY }], trusted: [trust(ALICE)], require: {} },
    /^it is signed with the unknown key [0-9a-f]{16}…$/,
  ],
  [
    'a trusted one among others',
    { signers: [{ key: MALLORY }, { key: ALICE }], trusted: [trust(ALICE)], require: {} },
    'taken',
  ],
  [
    'one of two',
    { signers: [{ key: ALICE }], trusted: [trust(ALICE), trust(BOB)], require: { signatures: 2 } },
    'it has 1 of the 2 signatures that it needs',
  ],
  [
    'one key twice is one',
    {
      signers: [{ key: ALICE }, { key: ALICE, atMs: NOW - DAY }],
      trusted: [trust(ALICE), trust(BOB)],
      require: { signatures: 2 },
    },
    'it has 1 of the 2 signatures that it needs',
  ],
  [
    'one key for two scopes is one',
    {
      signers: [
        { key: ALICE, scope: 'pr' },
        { key: ALICE, scope: 'release' },
      ],
      trusted: [trust(ALICE), trust(BOB)],
      require: { signatures: 2 },
    },
    'it has 1 of the 2 signatures that it needs',
  ],
  [
    'two of two',
    {
      signers: [{ key: ALICE }, { key: BOB }],
      trusted: [trust(ALICE), trust(BOB)],
      require: { signatures: 2 },
    },
    'taken',
  ],
  [
    'a key that does not count here',
    {
      signers: [{ key: BOB }],
      trusted: [trust(ALICE), trust(BOB)],
      require: { keys: ['alice'] },
    },
    'the key bob does not count here',
  ],
  [
    'a revoked key',
    { signers: [{ key: ALICE }], trusted: [trust(ALICE, { revoked: true })], require: {} },
    'the key alice is revoked',
  ],
  [
    'an expired key, also when it signed before',
    {
      signers: [{ key: ALICE, atMs: NOW - 100 * DAY }],
      trusted: [trust(ALICE, { expiresMs: NOW - DAY })],
      require: {},
    },
    'the key alice is expired',
  ],
  [
    'a key at the moment in which it expires',
    { signers: [{ key: ALICE }], trusted: [trust(ALICE, { expiresMs: NOW })], require: {} },
    'the key alice is expired',
  ],
  [
    'a key just before that',
    { signers: [{ key: ALICE }], trusted: [trust(ALICE, { expiresMs: NOW + 1 })], require: {} },
    'taken',
  ],
  [
    'outputs that were exchanged',
    {
      signers: [{ key: ALICE }],
      trusted: [trust(ALICE)],
      require: {},
      served: { files: [{ ...RESULT.files[0]!, digest: digestOf('poison') }] },
    },
    'the signature of alice is wrong',
  ],
  [
    'a good result under the key of another task',
    {
      signers: [{ key: ALICE }],
      trusted: [trust(ALICE)],
      require: {},
      servedUnder: digestOf('another task').hash,
    },
    'the signature of alice is wrong',
  ],
  [
    'a claim that two actions are equal',
    {
      signers: [{ key: ALICE }],
      trusted: [trust(ALICE)],
      require: {},
      served: { action: digestOf('another action') },
    },
    'the signature of alice is wrong',
  ],
  [
    'a scope that is not accepted',
    {
      signers: [{ key: ALICE, scope: 'pr' }],
      trusted: [trust(ALICE)],
      require: { scopes: ['release'] },
    },
    'alice signed for scope "pr", expected "release"',
  ],
  [
    'a scope that the key may not sign for',
    {
      signers: [{ key: ALICE, scope: 'release' }],
      trusted: [trust(ALICE, { scopes: ['pr'] })],
      require: { scopes: ['release'] },
    },
    'the key alice signed for scope "release", which it may not',
  ],
  [
    'a scope that both agree on',
    {
      signers: [{ key: ALICE, scope: 'release' }],
      trusted: [trust(ALICE, { scopes: ['release'] })],
      require: { scopes: ['release'] },
    },
    'taken',
  ],
  [
    'an old one that is replayed',
    {
      signers: [{ key: ALICE, atMs: NOW - 10 * DAY }],
      trusted: [trust(ALICE)],
      require: { signedAfterMs: NOW - DAY },
    },
    'alice signed it before 2026-05-31',
  ],
  [
    'one of the moment from which on they count',
    {
      signers: [{ key: ALICE, atMs: NOW - DAY }],
      trusted: [trust(ALICE)],
      require: { signedAfterMs: NOW - DAY },
    },
    'taken',
  ],
  [
    'one of a clock that is a day ahead',
    { signers: [{ key: ALICE, atMs: NOW + DAY }], trusted: [trust(ALICE)], require: {} },
    'taken',
  ],
  [
    'one from the future',
    { signers: [{ key: ALICE, atMs: NOW + 3 * DAY }], trusted: [trust(ALICE)], require: {} },
    'alice signed it in the future',
  ],
])('%s', async (_, scene, expected) => {
  const found = await judged(scene);
  if (typeof expected === 'string') expect(found).toBe(expected);
  else expect(found).toMatch(expected);
});

test('a thousand results that are not trusted are named thrice and counted', async () => {
  await using chaos = await ChaosMirror.start();
  const keys = Array.from({ length: 50 }, (_, n) => digestOf(`k${n}`).hash);
  for (const key of keys) {
    chaos.files.set(`ac/${key}`, Buffer.from(sealEntry(key, encodeActionResult(RESULT))));
  }
  const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()], {
    trusted: [trust(ALICE)],
    require: { signatures: 1 },
  });
  expect((await mirrors.results(keys)).size).toBe(0);
  await close();
  expect(warnings.length).toBe(4);
  expect(warnings[3]!.message).toContain('47 more results');
});

describe('what is sent', () => {
  async function send(
    chaos: ChaosMirror,
    made: Made,
    options: MirrorsOptions,
  ): Promise<{ codes: string[]; signers: string[] }> {
    const { mirrors, close } = openedMirrors(here.store, [chaos.url()], {
      now: () => NOW,
      ...options,
    });
    mirrors.offer(made.key, made.blobs, made.result);
    const codes = await close();
    const opened = openResult(made.key.hash, chaos.files.get(`ac/${made.key.hash}`)!);
    if (typeof opened === 'string') throw new Error(opened);
    const names = new Map([ALICE, BOB, MALLORY].map(({ id, name }) => [id, name]));
    return { codes, signers: opened.signatures.map(({ keyId }) => names.get(keyId)!) };
  }
  const signedBy = (key: PrivateKey, scope = ''): MirrorsOptions => ({ signer: { key, scope } });

  test('is signed; others who come to the same add their signature, each once', async () => {
    await using chaos = await ChaosMirror.start();
    const made = makeResult(here.store, here.directory, 'x');
    expect(await send(chaos, made, {})).toEqual({ codes: [], signers: [] });
    expect(await send(chaos, made, signedBy(ALICE))).toEqual({ codes: [], signers: ['alice'] });
    expect(await send(chaos, made, signedBy(ALICE))).toEqual({ codes: [], signers: ['alice'] });
    const elsewhere = { ...made, result: { ...made.result, worker: 'other', startedMs: 5 } };
    const both = { codes: [], signers: ['alice', 'bob'] };
    expect(await send(chaos, elsewhere, signedBy(BOB))).toEqual(both);
    expect(await send(chaos, made, {})).toEqual(both);
    const reader = openedMirrors(here.store, [chaos.url()], {
      trusted: [trust(ALICE), trust(BOB)],
      require: { signatures: 2 },
      now: () => NOW,
    });
    expect((await reader.mirrors.results([made.key.hash])).size).toBe(1);
    expect(await reader.close()).toEqual([]);
  });

  test('for one scope is signed once more for another, by the same key', async () => {
    await using chaos = await ChaosMirror.start();
    const made = makeResult(here.store, here.directory, 'x');
    await send(chaos, made, signedBy(ALICE, 'pr'));
    const both = { codes: [], signers: ['alice', 'alice'] };
    expect(await send(chaos, made, signedBy(ALICE, 'release'))).toEqual(both);
    expect(await send(chaos, made, signedBy(ALICE, 'release'))).toEqual(both);
  });

  test('does not take the place of another that is trusted, and somebody hears of it', async () => {
    await using chaos = await ChaosMirror.start();
    const made = makeResult(here.store, here.directory, 'x');
    const trusted = [trust(ALICE), trust(BOB)];
    const require = { signatures: 1 };
    await send(chaos, made, { ...signedBy(ALICE), trusted, require });
    const differs = { ...made, result: { ...made.result, files: [] } };
    expect(await send(chaos, differs, { ...signedBy(BOB), trusted, require })).toEqual({
      codes: ['mirror/differs'],
      signers: ['alice'],
    });
  });

  test('takes the place of what is not trusted: poison does not stay', async () => {
    await using chaos = await ChaosMirror.start();
    const made = makeResult(here.store, here.directory, 'x');
    const poisoned = { ...made, result: { ...made.result, files: [] } };
    await send(chaos, poisoned, signedBy(MALLORY));
    const trusted = [trust(ALICE)];
    expect(
      await send(chaos, made, { ...signedBy(ALICE), trusted, require: { signatures: 1 } }),
    ).toEqual({ codes: [], signers: ['alice'] });
  });

  test('of a pull request does not count for a release, which a pull request may read', async () => {
    await using chaos = await ChaosMirror.start();
    const [request, release] = [
      makeResult(here.store, here.directory, 'pr'),
      makeResult(here.store, here.directory, 'rel'),
    ];
    const trusted = [trust(ALICE, { scopes: ['release'] }), trust(BOB, { scopes: ['pr'] })];
    const forRelease = { trusted, require: { signatures: 1, scopes: ['release'] } };
    const forRequest = { trusted, require: { signatures: 1, scopes: ['release', 'pr'] } };
    await send(chaos, request, { ...signedBy(BOB, 'pr'), ...forRequest });
    await send(chaos, release, { ...signedBy(ALICE, 'release'), ...forRelease });
    // Bob cannot say "release" either.
    const lie = makeResult(here.store, here.directory, 'lie');
    await send(chaos, lie, { ...signedBy(BOB, 'release'), ...forRelease });
    const keys = [request, release, lie].map(({ key }) => key.hash);
    const read = async (options: MirrorsOptions): Promise<string[]> => {
      const { mirrors } = openedMirrors(here.store, [chaos.url()], { ...options, now: () => NOW });
      return [...(await mirrors.results(keys)).keys()];
    };
    expect(await read(forRelease)).toEqual([release.key.hash]);
    expect((await read(forRequest)).sort()).toEqual([request.key.hash, release.key.hash].sort());
  });
});

describe('keys', () => {
  test('are lines of text, and files that only their owner reads', () => {
    const directory = join(here.directory, 'keys');
    const path = saveKey(directory, ALICE);
    expect(path.ok && lstatSync(path.value).mode & 0o777).toBe(0o600);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
    expect(listKeys(directory)).toEqual(['alice']);
    const loaded = loadKey(directory, 'alice');
    expect(loaded.ok && loaded.value?.id).toBe(ALICE.id);
    const again = saveKey(directory, ALICE);
    expect(again.ok || again.diagnostics[0]!.code).toBe('keys/exists');
    const shown = readPublicKey(writePublicKey(ALICE));
    expect(shown.ok && shown.value.id).toBe(ALICE.id);
    chmodSync(join(directory, 'alice.key'), 0o644);
    const open = loadKey(directory, 'alice');
    expect(open.ok || open.diagnostics[0]!.code).toBe('keys/open');
    expect(loadKey(directory, 'nobody')).toEqual({ ok: true, value: undefined });
    for (const name of ['../alice', '', 'a/b', '.hidden']) {
      expect(loadKey(directory, name).ok).toBe(false);
    }
  });

  test('that are no keys are refused without being shown', () => {
    const directory = join(here.directory, 'keys');
    const path = saveKey(directory, BOB);
    const text = readFileSync(path.ok ? path.value : '', 'utf8').trim();
    for (const broken of [text.slice(0, -3), `${text}:x`, text.replace('private', 'public'), '']) {
      const read = readPrivateKey(broken);
      expect(read.ok).toBe(false);
      expect(JSON.stringify(read)).not.toContain(text.split(':')[2]!.slice(0, 10));
    }
    writeFileSync(join(directory, 'bob.key'), 'nonsense', { mode: 0o600 });
    const loaded = loadKey(directory, 'bob');
    expect(loaded.ok || loaded.diagnostics[0]!.code).toBe('keys/text');
  });
});

test('no bytes make the readers of results and signatures throw or believe', () => {
  const signed = sealEntry(
    KEY,
    addSignature(
      encodeActionResult(RESULT),
      signResult(KEY, RESULT, ALICE, { scope: 'x', signedAt: 1 }),
    ),
  );
  const noise = fc.uint8Array({ maxLength: 300 });
  const damaged = fc
    .tuple(fc.nat(signed.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(3))
    .map(([at, bits, cut]) => {
      const copy = Buffer.from(signed);
      copy[at] = copy[at]! ^ bits;
      return cut === 0 ? copy.subarray(0, at) : copy;
    });
  fc.assert(
    fc.property(fc.oneof(noise, damaged), (bytes) => {
      expect(typeof openResult(KEY, bytes)).toBe('string');
      // The same bytes, sealed by somebody who knows how.
      const opened = openResult(KEY, sealEntry(KEY, bytes));
      expect(['string', 'object']).toContain(typeof opened);
    }),
    { numRuns: 2000 },
  );
});
