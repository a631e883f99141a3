// Ed25519 keys as one line of text, and where private ones are kept: outside of every tree, for their
// owner only. Knows nothing of what is signed.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Result,
} from '../../base/diagnostic.ts';
import { errnoOf, readIfExists, systemError, writeAtomic } from '../../base/fs.ts';
import { makeDirectories } from '../../base/mkdir.ts';

export interface PublicKey {
  readonly name: string;
  /** 32 bytes, in hexadecimal: what a signature says whose it is by. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface PrivateKey extends PublicKey {
  readonly secret: KeyObject;
}

const PUBLIC = 'ashlar-public-1';
const PRIVATE = 'ashlar-private-1';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** What precedes 32 bytes of key in its DER form: Ed25519 has one length only. */
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Makes a key of a name. Error: `keys/name`. */
export function generateKey(name: string): Result<PrivateKey> {
  if (!NAME.test(name)) return badName(name);
  const { privateKey } = generateKeyPairSync('ed25519');
  return ok(privateKeyOf(name, privateKey));
}

function privateKeyOf(name: string, secret: KeyObject): PrivateKey {
  const key = createPublicKey(secret);
  return { name, id: rawOf(key).toString('hex'), key, secret };
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length);
}

/** `ashlar-public-1:NAME:BASE64` */
export function writePublicKey({ name, key }: PublicKey): string {
  return `${PUBLIC}:${name}:${rawOf(key).toString('base64')}`;
}

function writePrivateKey({ name, secret }: PrivateKey): string {
  const seed = secret.export({ format: 'der', type: 'pkcs8' }).subarray(PRIVATE_DER.length);
  return `${PRIVATE}:${name}:${seed.toString('base64')}`;
}

/** The key in a line of text. Error: `keys/text`, without showing the text: it may be a secret. */
export function readPublicKey(text: string): Result<PublicKey> {
  const parts = partsOf(PUBLIC, text);
  if (parts === undefined) {
    return failed(
      definitionError({
        code: 'keys/text',
        message: `not a public key: expected ${PUBLIC}:NAME:BASE64`,
        hint: 'ashlar keys show NAME prints it',
      }),
    );
  }
  const der = Buffer.concat([PUBLIC_DER, parts.raw]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return ok({ name: parts.name, id: parts.raw.toString('hex'), key });
}

/** As readPublicKey, for what must not be shown to anybody. */
export function readPrivateKey(text: string): Result<PrivateKey> {
  const parts = partsOf(PRIVATE, text);
  if (parts === undefined) {
    return failed(
      definitionError({
        code: 'keys/text',
        message: `not a private key: expected ${PRIVATE}:NAME:BASE64`,
        hint: 'it is the line in the file that ashlar keys generate wrote',
      }),
    );
  }
  const der = Buffer.concat([PRIVATE_DER, parts.raw]);
  return ok(privateKeyOf(parts.name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })));
}

function partsOf(kind: string, text: string): { name: string; raw: Buffer } | undefined {
  const [found, name = '', base64 = '', ...rest] = text.trim().split(':');
  const raw = Buffer.from(base64, 'base64');
  const whole = raw.length === 32 && raw.toString('base64') === base64;
  return found === kind && NAME.test(name) && whole && rest.length === 0
    ? { name, raw }
    : undefined;
}

/** Where private keys are: below XDG_CONFIG_HOME, else HOME. Error: `keys/nowhere`. */
export function keyDirectory(env: NodeJS.ProcessEnv): Result<string> {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  if (config?.startsWith('/') === true) return ok(join(config, 'ashlar/keys'));
  if (home?.startsWith('/') === true) return ok(join(home, '.config/ashlar/keys'));
  return failed(
    environmentError({
      code: 'keys/nowhere',
      message: 'no place for keys: XDG_CONFIG_HOME and HOME are both unset',
      hint: 'set one of them, or give the key in ASHLAR_SIGNING_KEY',
    }),
  );
}

/** Writes a new key's file. Error: `keys/exists`; an old key is never overwritten. */
export function saveKey(directory: string, key: PrivateKey): Result<string> {
  const path = join(directory, `${key.name}.key`);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      return failed(
        definitionError({
          code: 'keys/exists',
          message: `there is a key ${key.name} already: ${path}`,
          hint: 'choose another name; results signed with the old key stay valid only while it is trusted',
        }),
      );
    }
    makeDirectories(directory, 0o700);
    writeAtomic(path, `${writePrivateKey(key)}\n`, { mode: 0o600, durable: true });
    chmodSync(directory, 0o700);
    return ok(path);
  } catch (error) {
    return failed(systemError('write', error, path));
  }
}

/** A key that is kept here. Undefined when there is none. Errors: `keys/text`, `keys/open`, `fs/*`. */
export function loadKey(directory: string, name: string): Result<PrivateKey | undefined> {
  if (!NAME.test(name)) return badName(name);
  const path = join(directory, `${name}.key`);
  try {
    const text = readIfExists(path)?.toString('utf8');
    if (text === undefined) return ok(undefined);
    if ((lstatSync(path).mode & 0o077) !== 0) {
      return failed(
        environmentError({
          code: 'keys/open',
          message: `the private key ${path} can be read by others`,
          hint: `chmod 600 it, and make another one if it may have been seen`,
        }),
      );
    }
    const key = readPrivateKey(text);
    return key.ok ? key : failed(...key.diagnostics.map((one) => ({ ...one, at: { file: path } })));
  } catch (error) {
    return failed(systemError('read', error, path));
  }
}

/** Names of the keys that are kept here. */
export function listKeys(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.key'))
      .map((name) => name.slice(0, -'.key'.length))
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function badName(name: string): Result<never> {
  return failed(
    definitionError({
      code: 'keys/name',
      message: `"${name}" cannot be the name of a key`,
      hint: 'names begin with a letter or digit and are made of A-Z a-z 0-9 . _ @ -, 64 at most',
    }),
  );
}
