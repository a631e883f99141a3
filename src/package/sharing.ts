// The settings that say with whom results are shared: `shared_state` and `store` of ashlar.json. Knows
// nothing of mirrors but how they are named.
import { dirname, resolve } from 'node:path';
import { definitionError, didYouMean, type Collector } from '../base/diagnostic.ts';
import { redact } from '../base/http/redact.ts';
import type { JsonMember } from '../base/json.ts';
import { fileOf } from '../base/span.ts';
import { readAddress } from '../cache/mirror/address.ts';
import {
  ANY,
  NOTHING_SHARED,
  type MirrorSetting,
  type SharedState,
} from '../cache/mirror/setting.ts';
import { readPublicKey } from '../cache/trust/key.ts';
import type { Requirement, TrustedKey } from '../cache/trust/policy.ts';
import {
  booleanOf,
  checkKeys,
  itemsOf,
  objectOf,
  stringOf,
  typeError,
  type Members,
} from './fields.ts';

type Reader<T> = (member: JsonMember, out: Collector) => T | undefined;

function read<T>(members: Members, key: string, reader: Reader<T>, out: Collector): T | undefined {
  const member = members.get(key);
  return member && reader(member, out);
}

/** Reads `shared_state`; `file` is the one it stands in: directories are relative to it. */
export function readSharedState(file: string, cwd: string): Reader<SharedState> {
  const directory = dirname(resolve(cwd, file));
  return (member, out) => {
    const members = objectOf(member, out);
    if (members === undefined) return undefined;
    checkKeys(members, ['mirrors', 'keys', 'require', 'sign'], out);
    const trusted = read(members, 'keys', readKeys, out) ?? [];
    const require = readRequirement(trusted);
    const sign = read(members, 'sign', readSign, out);
    return {
      mirrors: read(members, 'mirrors', readMirrors(directory, require), out) ?? [],
      trusted,
      require: read(members, 'require', require, out),
      signKey: sign?.key,
      signScope: sign?.scope ?? NOTHING_SHARED.signScope,
    };
  };
}

function readMirrors(directory: string, require: Reader<Requirement>): Reader<MirrorSetting[]> {
  return (member, out) =>
    itemsOf(member, out)?.flatMap((value) => {
      const item: JsonMember = { ...member, value };
      if (value.kind === 'string') {
        const address = readMirrorAddress(directory)(item, out);
        return address === undefined ? [] : [{ address, write: false, require: undefined }];
      }
      const members = objectOf(item, out);
      if (members === undefined) return [];
      checkKeys(members, ['url', 'write', 'require'], out);
      const address = read(members, 'url', readMirrorAddress(directory), out);
      if (!members.has('url')) {
        const message = 'a mirror without "url"';
        out.add(definitionError({ code: 'settings/shared-state', message, at: value.at }));
      }
      if (address === undefined) return [];
      const write = read(members, 'write', booleanOf, out) ?? false;
      return [{ address, write, require: read(members, 'require', require, out) }];
    });
}

function readMirrorAddress(directory: string): Reader<string> {
  return (member, out) => {
    const text = stringOf(member, out);
    if (text === undefined) return undefined;
    const address = readAddress(text, directory);
    if (!address.ok) {
      // The line itself is shown where there is a place; not with a password in it.
      const secret = redact(text) !== text;
      const at = secret ? { file: fileOf(member.value.at) } : member.value.at;
      for (const one of address.diagnostics) out.add({ ...one, at });
      return undefined;
    }
    return address.value.kind === 'directory' ? address.value.path : text;
  };
}

function readKeys(member: JsonMember, out: Collector): TrustedKey[] | undefined {
  const members = objectOf(member, out);
  return members && [...members.values()].flatMap((entry) => readTrustedKey(entry, out) ?? []);
}

function readTrustedKey(member: JsonMember, out: Collector): TrustedKey | undefined {
  if (member.value.kind === 'string') return trustedKey(member.key, member, out);
  const members = objectOf(member, out);
  if (members === undefined) return undefined;
  checkKeys(members, ['key', 'scopes', 'expires', 'revoked'], out);
  const text = members.get('key');
  if (text === undefined) {
    const message = `the key "${member.key}" has no "key"`;
    out.add(definitionError({ code: 'settings/shared-state', message, at: member.value.at }));
    return undefined;
  }
  const key = trustedKey(member.key, text, out);
  return (
    key && {
      ...key,
      scopes: read(members, 'scopes', stringsOf, out),
      expiresMs: read(members, 'expires', dateOf, out),
      revoked: read(members, 'revoked', booleanOf, out) ?? false,
    }
  );
}

function trustedKey(name: string, member: JsonMember, out: Collector): TrustedKey | undefined {
  const text = stringOf(member, out);
  const key = text === undefined ? undefined : readPublicKey(text);
  if (key === undefined) return undefined;
  if (!key.ok) {
    for (const one of key.diagnostics) out.add({ ...one, at: member.value.at });
    return undefined;
  }
  return { ...key.value, name, scopes: undefined, expiresMs: undefined, revoked: false };
}

function readRequirement(trusted: readonly TrustedKey[]): Reader<Requirement> {
  return (member, out) => {
    const members = objectOf(member, out);
    if (members === undefined) return undefined;
    checkKeys(members, ['signatures', 'keys', 'scopes', 'signed_after'], out);
    const keys = read(members, 'keys', stringsOf, out);
    const known = trusted.map(({ name }) => name);
    for (const name of keys ?? []) {
      if (known.includes(name)) continue;
      const message = `"${name}" is not among the "keys" that are trusted`;
      const hint = didYouMean(name, known);
      const at = members.get('keys')!.value.at;
      out.add(definitionError({ code: 'settings/shared-state', message, at, hint }));
    }
    const signatures = read(members, 'signatures', countOf, out) ?? 1;
    const most = keys?.length ?? known.length;
    if (signatures > most) {
      const message = `${signatures} signatures are required, of ${most} ${most === 1 ? 'key' : 'keys'}`;
      out.add(definitionError({ code: 'settings/shared-state', message, at: member.value.at }));
    }
    return {
      ...ANY,
      signatures,
      keys,
      scopes: read(members, 'scopes', stringsOf, out),
      signedAfterMs: read(members, 'signed_after', dateOf, out),
    };
  };
}

function readSign(
  member: JsonMember,
  out: Collector,
): { key: string | undefined; scope: string | undefined } | undefined {
  const members = objectOf(member, out);
  if (members === undefined) return undefined;
  checkKeys(members, ['key', 'scope'], out);
  return {
    key: read(members, 'key', stringOf, out),
    scope: read(members, 'scope', stringOf, out),
  };
}

function stringsOf(member: JsonMember, out: Collector): string[] | undefined {
  return itemsOf(member, out)?.flatMap((value) => stringOf({ ...member, value }, out) ?? []);
}

function countOf(member: JsonMember, out: Collector): number | undefined {
  const { value } = member;
  const count = value.kind === 'number' ? Number(value.integer ?? -1n) : -1;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  out.add(typeError(member, 'a whole number'));
}

function dateOf(member: JsonMember, out: Collector): number | undefined {
  const text = stringOf(member, out);
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  const message = `"${text}" is not a date`;
  const hint = 'write it as 2027-01-31, or 2027-01-31T12:00:00Z';
  out.add(definitionError({ code: 'settings/date', message, at: member.value.at, hint }));
}

/** Reads `store`: the size, in bytes, that the store may have. */
export function readStoreLimit(member: JsonMember, out: Collector): number | undefined {
  const members = objectOf(member, out);
  if (members === undefined) return undefined;
  checkKeys(members, ['max_size'], out);
  return read(
    members,
    'max_size',
    (size) => {
      const text = stringOf(size, out);
      const bytes = text === undefined ? undefined : parseSize(text);
      if (text !== undefined && bytes === undefined) {
        const message = `"${text}" is not a size`;
        const hint = 'write it as 500 MB, 20 GB or 1.5 TB';
        out.add(definitionError({ code: 'settings/size', message, at: size.value.at, hint }));
      }
      return bytes;
    },
    out,
  );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of `20 GB`, `1.5TiB`, `1000`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  return number === undefined || factor === undefined
    ? undefined
    : Math.round(Number(number) * factor);
}
