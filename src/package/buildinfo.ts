// One buildinfo.json: a variant of a package as its author wrote it, checked and with defaults filled in.
// Knows nothing of other packages or of the files beside it. What pkgpanda hashed although it was
// mistyped is accepted with a warning, so that ids stay what they are.
import { relative, resolve } from 'node:path';
import { Collector, definitionError, warning } from '../base/diagnostic.ts';
import { byCodePoint } from '../base/digest.ts';
import { describe, type JsonMember, type JsonNode, type JsonObject } from '../base/json.ts';
import type { Place } from '../base/span.ts';
import { isPackageVersion } from '../install/id.ts';
import {
  booleanOf,
  checkKeys,
  membersOf,
  objectOf,
  stringOf,
  typeError,
  type Members,
} from './fields.ts';
import { readEnvironment } from './environment.ts';
import { hashBoolean, hashMembers, hashNode, type Sha1Hex } from './identity.ts';
import { readRequires, type Require } from './requires.ts';
import { readSource, type Source } from './source.ts';
import { variantFile, type PackageVariant } from './variant.ts';

export interface Buildinfo {
  /** By name, in code point order. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly requires: readonly Require[];
  readonly buildScript: BuildScript;
  readonly docker: DockerImage;
  readonly environment: ReadonlyMap<string, string>;
  readonly stateDirectory: boolean;
  readonly username: string | undefined;
  readonly group: string | undefined;
  /** Service → settings, as written. */
  readonly sysctl: JsonNode | undefined;
  readonly versionExtra: string | undefined;
  /** Whether the build may write to its sources; undefined: as the tree's settings say. */
  readonly srcWritable: boolean | undefined;
  /** As written: for what is handed on as it is. */
  readonly members: Members;
  /** Members that enter the id by their value, hashed; defaults included where the id has them. */
  readonly hashes: ReadonlyMap<string, Sha1Hex>;
}

export interface BuildScript {
  /** Absolute. */
  readonly path: string;
  /** As written, relative to the package folder. */
  readonly name: string;
  readonly at: Place;
}

export interface DockerImage {
  readonly name: string;
  readonly at: Place;
}

export interface BuildinfoContext extends PackageVariant {
  /** The package folder, absolute. */
  readonly directory: string;
  readonly mirrors?: readonly string[] | undefined;
}

/** The image of packages that name none. */
export const DEFAULT_DOCKER = 'dcos/dcos-builder:dcos-builder_dockerdir-latest';

const KEYS = [
  'sources',
  'single_source',
  'requires',
  'build_script',
  'docker',
  'environment',
  'state_directory',
  'username',
  'group',
  'sysctl',
  'version_extra',
  'src_writable',
];

/** Keys of the hashed record that come from elsewhere. */
const RESERVED = ['name', 'variant', 'build', 'pkgpanda_version', 'extra_source'];

const DEFAULT_HASHES: readonly (readonly [string, Sha1Hex])[] = [
  ['environment', hashMembers(new Map())],
  ['state_directory', hashBoolean(false)],
];

/**
 * Reads a definition. All that is wrong with it goes to `out`: when that has failed, what is returned
 * must not be built. Errors `buildinfo/*`, `definition/*`, `source/*`, `requires/*`, `identity/*`.
 */
export function readBuildinfo(
  object: JsonObject,
  context: BuildinfoContext,
  out: Collector,
): Buildinfo {
  const members = membersOf(object);
  checkKeys(members, KEYS, out, RESERVED);

  const hashes = new Map(DEFAULT_HASHES);
  const read = <T>(
    key: string,
    reader: (member: JsonMember, out: Collector) => T | undefined,
  ): T | undefined => {
    const member = members.get(key);
    return member === undefined ? undefined : reader(member, out);
  };
  const readHashed: typeof read = (key, reader) =>
    read(key, (member) => {
      const before = out.diagnostics.length;
      const value = reader(member, out);
      const wrong = out.diagnostics.slice(before).some(({ severity }) => severity === 'error');
      // What is wrong already needs not be called unhashable too.
      hashes.set(key, hashNode(member.value, wrong ? new Collector() : out));
      return value;
    });

  const username = readHashed('username', readUsername);
  const group = readHashed('group', readGroup);
  if (members.has('group') && !members.has('username')) {
    out.add(
      warning({
        code: 'buildinfo/group',
        message: '"group" without "username": such a package can be built but not installed',
        at: members.get('group')!.keyAt,
      }),
    );
  }
  return {
    sources: readSources(members, context, out),
    requires: read('requires', readRequires) ?? [],
    buildScript: readBuildScript(object, members.get('build_script'), context, out),
    docker: readDocker(object, members.get('docker'), out),
    environment: readHashed('environment', readEnvironment) ?? new Map(),
    stateDirectory: readHashed('state_directory', readStateDirectory) ?? false,
    username,
    group,
    sysctl: readHashed('sysctl', readSysctl),
    versionExtra: readHashed('version_extra', readVersionExtra),
    srcWritable: readHashed('src_writable', booleanOf),
    members,
    hashes,
  };
}

function readSources(
  members: Members,
  context: BuildinfoContext,
  out: Collector,
): ReadonlyMap<string, Source> {
  const several = members.get('sources');
  const single = members.get('single_source');
  if (several !== undefined && single !== undefined) {
    out.add(
      definitionError({
        code: 'buildinfo/sources',
        message: '"sources" and "single_source" cannot both be given',
        at: single.keyAt,
        notes: [{ message: '"sources" is here', at: several.keyAt }],
        hint: 'move the single source into "sources"',
      }),
    );
  }
  const named: [string, JsonNode][] = [];
  if (single !== undefined) named.push([context.name, single.value]);
  for (const [name, member] of (several && objectOf(several, out)) ?? []) {
    if (checkSourceName(member, out)) named.push([name, member.value]);
  }
  const sources = new Map<string, Source>();
  for (const [name, node] of named.sort(([a], [b]) => byCodePoint(a, b))) {
    const source = readSource(node, { ...context, name }, out);
    if (source !== undefined) sources.set(name, source);
  }
  return sources;
}

/** A source's name is the folder it is checked out into. */
function checkSourceName({ key, keyAt }: JsonMember, out: Collector): boolean {
  if (key !== '' && key !== '.' && key !== '..' && !/[/\0]/.test(key)) return true;
  out.add(
    definitionError({
      code: 'buildinfo/source-name',
      message: `"${key}" cannot be the name of a source`,
      at: keyAt,
      hint: 'it becomes the name of a folder below src/',
    }),
  );
  return false;
}

function readBuildScript(
  object: JsonObject,
  member: JsonMember | undefined,
  { variant, directory }: BuildinfoContext,
  out: Collector,
): BuildScript {
  if (member === undefined) {
    const name = variantFile(variant, 'build');
    return { path: `${directory}/${name}`, name, at: { file: object.at.source.file } };
  }
  const name = stringOf(member, out) ?? 'build';
  const path = resolve(directory, name);
  const { at } = member.value;
  if (name === '' || name.includes('\0')) {
    const message = '"build_script" must be the path of a file';
    out.add(definitionError({ code: 'buildinfo/build-script', message, at }));
  } else if (relative(directory, path).startsWith('..')) {
    const message = `the build script ${name} lies outside the package folder`;
    out.add(warning({ code: 'buildinfo/build-script', message, at }));
  }
  return { path, name, at };
}

/** Only what the image is goes into the id, never its name: so a name of another type was no error. */
function readDocker(
  object: JsonObject,
  member: JsonMember | undefined,
  out: Collector,
): DockerImage {
  if (member === undefined) return { name: DEFAULT_DOCKER, at: { file: object.at.source.file } };
  const { value } = member;
  if (value.kind === 'string') return { name: value.value, at: value.at };
  out.add({ ...typeError(member, 'the name of an image'), severity: 'warning' });
  return { name: value.at.source.text.slice(value.at.start, value.at.end), at: value.at };
}

/** 1 and 0 pass as well, and hash as numbers: ids exist of them. */
function readStateDirectory(member: JsonMember, out: Collector): boolean | undefined {
  const { value } = member;
  if (value.kind !== 'number' || value.integer === undefined) return booleanOf(member, out);
  if (value.integer !== 0n && value.integer !== 1n) return booleanOf(member, out);
  out.add({ ...typeError(member, 'true or false'), severity: 'warning' });
  return value.integer === 1n;
}

function readUsername(member: JsonMember, out: Collector): string | undefined {
  const name = stringOf(member, out);
  if (name === undefined || isUserName(name)) return name;
  out.add(
    definitionError({
      code: 'buildinfo/username',
      message: `"${name}" cannot be the user of a package`,
      at: member.value.at,
      hint: 'it begins with dcos_ and goes on with a-z, 0-9 and _',
    }),
  );
}

function readGroup(member: JsonMember, out: Collector): string | undefined {
  const name = stringOf(member, out);
  if (name === undefined || isGroupName(name)) return name;
  out.add(
    definitionError({
      code: 'buildinfo/group',
      message: `"${name}" is not the name of a group`,
      at: member.value.at,
      hint: 'it begins with a-z or _ and goes on with a-z, 0-9, _ and -',
    }),
  );
}

/** Whether packages may run as a user of this name. */
export function isUserName(name: string): boolean {
  return /^dcos_[a-z0-9_]+$/.test(name);
}

/** Whether this can be a group; the empty name stands for the user's own. */
export function isGroupName(name: string): boolean {
  return name === '' || /^[a-z_][a-z0-9_-]*$/.test(name);
}

function readSysctl(member: JsonMember, out: Collector): JsonNode {
  if (member.value.kind !== 'object') {
    out.add({ ...typeError(member, 'an object'), severity: 'warning' });
  }
  return member.value;
}

function readVersionExtra(member: JsonMember, out: Collector): string | undefined {
  const text = stringOf(member, out);
  if (text === undefined || isPackageVersion(text)) return text;
  out.add(
    definitionError({
      code: 'buildinfo/version-extra',
      message: `"version_extra" must be a part of a version, found ${describe(member.value)}`,
      at: member.value.at,
      hint: 'versions are made of a-z A-Z 0-9 @ _ + : .',
    }),
  );
}
