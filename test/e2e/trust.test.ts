// Whose results count, with the real program: several builders, releases, pull requests, and whoever gets at the
// mirror. Each machine has a directory, a store and a home of its own.
import { readFileSync, readdirSync, writeFileSync, chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isSha256Hex } from '../../src/base/digest.ts';
import { openEntry, sealEntry } from '../../src/cache/entry.ts';
import { removeTree } from '../../src/base/fs.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig, Run } from '../rig/program.ts';
import { filesBelow } from '../rig/store.ts';

const createRig = rigsOfOneProcess();

const TREE = {
  'base/buildinfo.json': '{}',
  'base/build': '#!/bin/bash\nseq 100 > $PKG_PATH/numbers\n',
};

let shared: Rig;
const mirror = (): string => join(shared.directory, 'mirror');
const keys: Record<string, { public: string; private: string }> = {};

beforeAll(() => {
  shared = createRig();
  for (const name of ['one', 'two', 'pr', 'new']) {
    const text = shared.run(['keys', 'generate', name]).stdout.split('\n')[0]!;
    const file = join(shared.directory, 'home/.config/ashlar/keys', `${name}.key`);
    keys[name] = { public: text, private: readFileSync(file, 'utf8') };
  }
});
afterAll(() => shared[Symbol.dispose]());
beforeEach(() => removeTree(mirror()));

interface Builder {
  /** The key that it signs with. */
  readonly key?: string;
  readonly scope?: string;
  readonly accepts?: string;
  readonly require?: object;
  readonly keys?: Record<string, object | string>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Builds on a new machine, which writes to the mirror if it has a key. */
function build(builder: Builder): Run & { ran: boolean; rig: Rig } {
  const rig = createRig();
  const named = {
    one: { key: keys['one']!.public, scopes: ['release'] },
    two: { key: keys['two']!.public, scopes: ['release'] },
    pr: { key: keys['pr']!.public, scopes: ['pr'] },
    ...builder.keys,
  };
  const settings = {
    mirrors: [{ url: mirror(), write: builder.key !== undefined }],
    keys: named,
    require: builder.require ?? { scopes: ['release'] },
  };
  rig.write({
    ...TREE,
    ...builder.files,
    'ashlar.json': JSON.stringify({ shared_state: settings }),
  });
  const env = {
    ...(builder.key === undefined ? {} : { ASHLAR_SIGNING_KEY: keys[builder.key]!.private }),
    ASHLAR_SIGNING_SCOPE: builder.scope ?? 'release',
    ...(builder.accepts === undefined ? {} : { ASHLAR_ACCEPT_SCOPES: builder.accepts }),
  };
  const run = rig.run(['build', 'base'], { env });
  expect(run.status, run.stderr).toBe(0);
  rig[Symbol.dispose]();
  return { ...run, rig, ran: /^ran /m.test(run.stderr) };
}

/** Changes the files of all results at the mirror, as whoever can write there could. */
function tamper(change: (key: string, message: Buffer) => Buffer): void {
  for (const file of filesBelow(join(mirror(), 'ac'))) {
    const key = basename(file);
    if (!isSha256Hex(key)) throw new Error(file);
    const message = openEntry(key, readFileSync(file))!;
    chmodSync(file, 0o644);
    writeFileSync(file, sealEntry(key, change(key, Buffer.from(message))));
  }
}

const TWO = { signatures: 2, scopes: ['release'] };

test('a result counts when two builders have signed it, and not when one of them was tampered with', () => {
  expect(build({ key: 'one', require: TWO }).ran).toBe(true);
  const lonely = build({ require: TWO });
  expect(lonely.ran).toBe(true);
  expect(lonely.stderr).toContain('it has 1 of the 2 signatures that it needs');
  expect(build({ key: 'two', require: TWO }).stderr).not.toContain('deterministic');
  expect(build({ require: TWO })).toMatchObject({ ran: false });
  // The last signature is the second one's: its end is altered, and the file is sealed again.
  tamper((_, message) => {
    message[message.length - 8]! ^= 1;
    return message;
  });
  const tampered = build({ require: TWO });
  expect(tampered.ran).toBe(true);
  expect(tampered.stderr).toContain('the signature of two is wrong');
  // One is enough for others, and who has the second key mends it.
  expect(build({}).ran).toBe(false);
  expect(build({ key: 'two', require: TWO }).ran).toBe(true);
  expect(build({ require: TWO }).ran).toBe(false);
});

test('what pull requests make is for pull requests, which read what releases made', () => {
  const pull = { key: 'pr', scope: 'pr', accepts: 'pr' };
  expect(build({ key: 'one' }).ran).toBe(true);
  expect(build(pull)).toMatchObject({ ran: false });
  const files = { 'base/build': `${TREE['base/build']}echo more >> $PKG_PATH/numbers\n` };
  const changed = build({ ...pull, files });
  expect(changed.ran).toBe(true);
  expect(changed.stderr).not.toContain('warning');
  expect(build({ ...pull, files }).ran).toBe(false);
  const release = build({ files });
  expect(release.ran).toBe(true);
  expect(release.stderr).toContain('pr signed for scope "pr", expected "release"');
  // Also if it claims to be one.
  const claimed = build({ key: 'pr', files });
  expect(claimed.ran).toBe(true);
  expect(build({ files }).stderr).toMatch(
    /the key pr signed for scope "release", which it may not/,
  );
  // What a release built takes the place of what it may not use.
  build({ key: 'one', files });
  expect(build({ files })).toMatchObject({ ran: false });
  expect(build({ ...pull, files })).toMatchObject({ ran: false });
});

test('a result that was signed for another key proves nothing here', () => {
  const other = { 'base/build': `${TREE['base/build']}echo evil >> $PKG_PATH/numbers\n` };
  build({ key: 'one' });
  const own = new Map(messages());
  build({ key: 'one', files: other });
  const evil = [...messages()].filter(([key]) => !own.has(key));
  expect(evil.length).toBeGreaterThan(0);
  const [, replayed] = evil[0]!;
  tamper((key, message) => (own.has(key) ? replayed : message));
  const reader = build({});
  expect(reader.ran).toBe(true);
  expect(reader.stderr).toContain('the signature of one is wrong');
});

test('a key that is revoked or expired counts for nothing, and its successor signs what is there', () => {
  build({ key: 'one' });
  const revoked = { one: { key: keys['one']!.public, revoked: true } };
  const expired = { one: { key: keys['one']!.public, expires: '2020-01-01' } };
  const successor = { new: { key: keys['new']!.public, scopes: ['release'] } };
  expect(build({ keys: revoked }).stderr).toContain('the key one is revoked');
  expect(build({ keys: expired }).stderr).toContain('the key one is expired');
  const rotated = build({ key: 'new', keys: { ...revoked, ...successor } });
  expect(rotated.ran).toBe(true);
  expect(rotated.stderr).not.toContain('deterministic');
  const reader = build({ keys: { ...revoked, ...successor } });
  expect(reader).toMatchObject({ ran: false });
  expect(reader.stderr).not.toContain('warning');
  // Who has not heard of the change yet goes on as well.
  expect(build({}).ran).toBe(false);
});

/** Results of tasks at the mirror. */
function messages(): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const file of filesBelow(join(mirror(), 'ac'))) {
    const key = basename(file);
    if (isSha256Hex(key)) found.set(key, Buffer.from(openEntry(key, readFileSync(file))!));
  }
  expect(readdirSync(mirror())).toContain('cas');
  return found;
}
