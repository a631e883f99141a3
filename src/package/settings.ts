// The settings of a tree, `ashlar.json`: found in the packages directory or above it. Knows nothing of
// what they do. Without the file every setting has its default.
import { dirname, join } from 'node:path';
import { definitionError, type Collector } from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { describe, type JsonMember } from '../base/json.ts';
import { statSync } from 'node:fs';
import { booleanOf, checkKeys, membersOf, objectOf, stringOf, typeError } from './fields.ts';
import { NOTHING_SHARED, type SharedState } from '../cache/mirror/setting.ts';
import { namePath, readDefinition, type NamedPath } from './file.ts';
import { readSharedState, readStoreLimit } from './sharing.ts';

export interface Settings {
  /** The file they come from; undefined when there is none. */
  readonly file: string | undefined;
  /** Where packages are installed: the path inside builds, and the default prefix of an installation. */
  readonly root: string;
  /** Docker image of a buildinfo.json → image to use in its place. */
  readonly images: ReadonlyMap<string, string>;
  /** Whether builds may write to their sources. */
  readonly srcWritable: boolean;
  /** Name → places, tried in this order; none ends in a slash. */
  readonly mirrors: ReadonlyMap<string, readonly string[]>;
  /** Where finished packages are downloaded from; does not end in a slash. */
  readonly repositoryUrl: string | undefined;
  /** With whom results are shared. */
  readonly sharedState: SharedState;
  /** Bytes that the store may have; undefined: no limit. */
  readonly storeLimit: number | undefined;
}

export const DEFAULT_SETTINGS: Settings = {
  file: undefined,
  root: '/opt/ashlar',
  images: new Map(),
  srcWritable: false,
  mirrors: new Map(),
  repositoryUrl: undefined,
  sharedState: NOTHING_SHARED,
  storeLimit: undefined,
};

export const SETTINGS_FILE = 'ashlar.json';

/** Mirrors that every tree has: they are what the machine's own package managers are configured to. */
export const PREDEFINED_MIRRORS = ['debian', 'npm'];

const KEYS = [
  'root',
  'images',
  'src_writable',
  'mirrors',
  'repository_url',
  'shared_state',
  'store',
];

/**
 * Finds and reads the settings that hold for a directory. What is wrong goes to `out` (codes
 * `settings/*`, `definition/*`); a setting that is wrong has its default in what is returned.
 */
export function loadSettings(
  directory: string,
  cwd: string,
  out: Collector,
  bytes?: (path: string) => Buffer,
): Settings {
  const file = findSettings(directory, cwd, out);
  const object = file && readDefinition(file, out, bytes);
  if (file === undefined || object === undefined) return DEFAULT_SETTINGS;
  const members = membersOf(object);
  checkKeys(members, KEYS, out);
  const read = <T>(
    key: string,
    reader: (member: JsonMember, out: Collector) => T | undefined,
    otherwise: T,
  ): T => {
    const member = members.get(key);
    return (member && reader(member, out)) ?? otherwise;
  };
  return {
    file: file.path,
    root: read('root', readRoot, DEFAULT_SETTINGS.root),
    images: read('images', readImages, DEFAULT_SETTINGS.images),
    srcWritable: read('src_writable', booleanOf, DEFAULT_SETTINGS.srcWritable),
    mirrors: read('mirrors', readMirrors, DEFAULT_SETTINGS.mirrors),
    repositoryUrl: read<string | undefined>('repository_url', readUrl, undefined),
    sharedState: read(
      'shared_state',
      readSharedState(file.path, cwd),
      DEFAULT_SETTINGS.sharedState,
    ),
    storeLimit: read<number | undefined>('store', readStoreLimit, undefined),
  };
}

function findSettings(directory: string, cwd: string, out: Collector): NamedPath | undefined {
  for (let above = directory; ; above = dirname(above)) {
    const path = join(above, SETTINGS_FILE);
    try {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) return namePath(path, cwd);
    } catch (error) {
      if (errnoOf(error) !== 'ENOTDIR') out.add(systemError('look for', error, path));
      return undefined;
    }
    if (dirname(above) === above) return undefined;
  }
}

function readRoot(member: JsonMember, out: Collector): string | undefined {
  const text = stringOf(member, out);
  if (text === undefined) return undefined;
  const root = text.replace(/\/+$/, '');
  if (/^(\/[A-Za-z0-9@_+.-]+)+$/.test(root) && !/\/\.\.?(\/|$)/.test(root)) return root;
  out.add(
    definitionError({
      code: 'settings/root',
      message: `"root" must be the absolute path of a directory, found "${text}"`,
      at: member.value.at,
      hint: 'it is neither / nor has . or .. in it, and keeps to a-z A-Z 0-9 @ _ + . -',
    }),
  );
}

function readImages(member: JsonMember, out: Collector): Map<string, string> {
  const images = new Map<string, string>();
  for (const [name, entry] of objectOf(member, out) ?? []) {
    const image = stringOf(entry, out);
    if (image === '') {
      const message = `"${name}" must be the name of an image`;
      out.add(definitionError({ code: 'settings/image', message, at: entry.value.at }));
    } else if (image !== undefined) images.set(name, image);
  }
  return images;
}

function readMirrors(member: JsonMember, out: Collector): Map<string, readonly string[]> {
  const mirrors = new Map<string, readonly string[]>();
  if (member.value.kind !== 'object') {
    out.add({
      ...typeError(member, 'an object'),
      hint: 'it gives names to lists of URLs: {"NAME": ["https://…"]}, for mirror://NAME/ in definitions',
    });
    return mirrors;
  }
  for (const [name, { keyAt, value }] of membersOf(member.value)) {
    if (!/^[A-Za-z0-9_.-]+$/.test(name)) {
      const message = `"${name}" cannot be the name of a mirror`;
      const hint = 'names are made of a-z A-Z 0-9 _ . -';
      out.add(definitionError({ code: 'settings/mirror', message, at: keyAt, hint }));
    }
    if (value.kind !== 'array' || value.items.length === 0) {
      const message = `"${name}" must be a list of URLs, tried in order, found ${value.kind === 'array' ? 'none' : describe(value)}`;
      out.add(definitionError({ code: 'settings/mirror', message, at: value.at }));
      continue;
    }
    const urls = value.items.map((item, index) =>
      readUrl({ key: `${name}[${index}]`, keyAt, value: item }, out),
    );
    mirrors.set(
      name,
      urls.filter((url) => url !== undefined),
    );
  }
  return mirrors;
}

function readUrl(member: JsonMember, out: Collector): string | undefined {
  const url = stringOf(member, out);
  if (url === undefined) return undefined;
  if (/^(https?|file):\/\/[^\s]+$/.test(url)) return url.replace(/\/+$/, '');
  out.add(
    definitionError({
      code: 'settings/url',
      message: `"${url}" is not a URL`,
      at: member.value.at,
      hint: 'it begins with https://, http:// or file://',
    }),
  );
}
