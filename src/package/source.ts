// One source of a package: what to fetch, and what of it goes into the package id. Knows nothing of
// fetching. Of a source only its pin is identity (a commit or a checksum): where it comes from is not.
import { isAbsolute, join } from 'node:path';
import { definitionError, didYouMean, warning, type Collector } from '../base/diagnostic.ts';
import { describe, type JsonMember, type JsonNode, type JsonObject } from '../base/json.ts';
import type { Span } from '../base/span.ts';
import { isSha } from './fetch/commit.ts';
import { checkKeys, membersOf, missingKey, requireString, type Members } from './fields.ts';
import { hashNode, type Sha1Hex } from './identity.ts';

/** Spelled as in the definition, so that whoever fetches it can tell it apart by the same names. */
export type Source = GitSource | GitLocalSource | UrlSource;

interface Common {
  /** The folder below `src/` that it is checked out into. */
  readonly name: string;
  /** The whole source, for messages. */
  readonly at: Span;
}

export interface GitSource extends Common {
  readonly kind: 'git';
  /** The repository's address. */
  readonly git: string;
  /** As written. Only 40 hexadecimal digits can be checked out; another spelling was warned of. */
  readonly ref: string;
  /** The branch or tag that the commit was taken from. */
  readonly ref_origin: string;
  readonly pin: Pin;
}

/** A repository in the tree or beside it: pinned by its own HEAD, which only git knows. */
export interface GitLocalSource extends Common {
  readonly kind: 'git_local';
  readonly rel_path: string;
  /** The repository's absolute path. */
  readonly directory: string;
}

export interface UrlSource extends Common, Checksum {
  /** `url_extract` is unpacked after the download, `url` is kept as it comes. */
  readonly kind: 'url' | 'url_extract';
  /** Has a scheme; `mirror://NAME/path` stands for a list of places. */
  readonly url: string;
  readonly pin: Pin;
}

/** One of these, in hexadecimal digits. A sha1 is as written: it may be anything and then never matches. */
export interface Checksum {
  readonly sha1?: string;
  readonly sha256?: string;
  readonly sha512?: string;
}

/** What a source adds to the id: one member of an object. */
export interface Pin {
  readonly key: 'commit' | `downloaded_${keyof Checksum}`;
  readonly value: JsonNode;
  readonly hash: Sha1Hex;
}

/** Where a source stands. */
export interface SourceContext {
  readonly name: string;
  /** What relative paths start from, absolute. */
  readonly directory: string;
  /** Names that `mirror://` may use; any when absent. */
  readonly mirrors?: readonly string[] | undefined;
}

const ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const;
const KINDS = ['git', 'git_local', 'url', 'url_extract'] as const;
const ALL_KEYS = ['kind', 'git', 'ref', 'ref_origin', 'rel_path', 'url', ...ALGORITHMS];

/**
 * Reads one source. Errors `source/kind`, `source/ref`, `source/path`, `source/url`, `source/mirror`,
 * `source/checksum` and those of its members; warnings where the id can be told but a fetch must fail.
 */
export function readSource(
  node: JsonNode,
  context: SourceContext,
  out: Collector,
): Source | undefined {
  if (node.kind !== 'object') {
    const message = `a source must be an object with a "kind", found ${describe(node)}`;
    out.add(definitionError({ code: 'definition/type', message, at: node.at }));
    return undefined;
  }
  const members = membersOf(node);
  const kind = requireString(node, members, 'kind', out);
  switch (kind) {
    case undefined:
      // It may be misspelled.
      checkKeys(members, ALL_KEYS, out);
      return undefined;
    case 'git':
      return readGit(node, members, context, out);
    case 'git_local':
      return readGitLocal(node, members, context, out);
    case 'url':
    case 'url_extract':
      return readUrl(node, members, kind, context, out);
    default:
      out.add(
        definitionError({
          code: 'source/kind',
          message: `"${kind}" is no kind of source`,
          at: members.get('kind')!.value.at,
          hint: didYouMean(kind, KINDS) ?? `there are ${KINDS.join(', ')}`,
        }),
      );
      return undefined;
  }
}

function readGit(
  node: JsonObject,
  members: Members,
  { name }: SourceContext,
  out: Collector,
): GitSource | undefined {
  checkKeys(members, ['kind', 'git', 'ref', 'ref_origin'], out);
  const git = requireString(node, members, 'git', out);
  const ref = requireString(node, members, 'ref', out);
  const ref_origin = requireString(node, members, 'ref_origin', out);
  if (ref !== undefined) checkRef(ref, members.get('ref')!, out);
  if (git === undefined || ref === undefined || ref_origin === undefined) return undefined;
  const pin = pinOf('commit', members.get('ref')!.value, out);
  return { kind: 'git', name, at: node.at, git, ref, ref_origin, pin };
}

function readGitLocal(
  node: JsonObject,
  members: Members,
  { name, directory }: SourceContext,
  out: Collector,
): GitLocalSource | undefined {
  checkKeys(members, ['kind', 'rel_path'], out);
  const rel_path = requireString(node, members, 'rel_path', out);
  if (rel_path === undefined) return undefined;
  if (isAbsolute(rel_path) || rel_path.includes('\0')) {
    out.add(
      definitionError({
        code: 'source/path',
        message: `"rel_path" must be a relative path, found "${rel_path}"`,
        at: members.get('rel_path')!.value.at,
        hint: 'paths start from the package folder, so that a clone of the tree works anywhere',
      }),
    );
    return undefined;
  }
  const path = join(directory, rel_path);
  return { kind: 'git_local', name, at: node.at, rel_path, directory: path };
}

function readUrl(
  node: JsonObject,
  members: Members,
  kind: 'url' | 'url_extract',
  { name, mirrors }: SourceContext,
  out: Collector,
): UrlSource | undefined {
  checkKeys(members, ['kind', 'url', ...ALGORITHMS], out);
  const url = requireString(node, members, 'url', out);
  if (url !== undefined) checkUrl(url, members.get('url')!, mirrors, out);
  const given = ALGORITHMS.filter((algorithm) => members.has(algorithm));
  const [algorithm, second] = given;
  if (algorithm === undefined) {
    const hint = 'give one of sha1, sha256 and sha512';
    out.add({ ...missingKey(node, 'sha256'), code: 'source/checksum', hint });
    return undefined;
  }
  if (second !== undefined) {
    out.add(
      definitionError({
        code: 'source/checksum',
        message: `a source has one checksum, found ${given.join(' and ')}`,
        at: members.get(second)!.keyAt,
        hint: 'keep the longest',
      }),
    );
  }
  const member = members.get(algorithm)!;
  const hex = checkDigits(member, algorithm, out);
  if (url === undefined) return undefined;
  const pin = pinOf(`downloaded_${algorithm}`, member.value, out);
  return { kind, name, at: node.at, url, [algorithm]: hex, pin };
}

function pinOf(key: Pin['key'], value: JsonNode, out: Collector): Pin {
  return { key, value, hash: hashNode(value, out) };
}

const DIGITS: Record<keyof Checksum, number> = { sha1: 40, sha256: 64, sha512: 128 };

/** The newer checksums are strict. A sha1 was never checked before a download, so ids exist of any value. */
function checkDigits(
  { key, value }: JsonMember,
  algorithm: keyof Checksum,
  out: Collector,
): string {
  const digits = DIGITS[algorithm];
  const message = `"${key}" must be ${digits} lower-case hexadecimal digits, found ${describe(value)}`;
  const text = value.kind === 'string' ? value.value : sourceText(value);
  const form = algorithm === 'sha1' ? /^[0-9a-fA-F]+$/ : /^[0-9a-f]+$/;
  // Null has no hash, which is an error of its own.
  const wrong = value.kind !== 'string' || text.length !== digits || !form.test(text);
  if (wrong && (algorithm !== 'sha1' || value.kind !== 'null')) {
    const problem = { code: 'source/checksum', message, at: value.at };
    out.add(
      algorithm === 'sha1'
        ? warning({ ...problem, hint: 'no download will match this one' })
        : definitionError(problem),
    );
  }
  return text;
}

function sourceText({ at }: JsonNode): string {
  return at.source.text.slice(at.start, at.end);
}

function checkUrl(
  url: string,
  { value: { at } }: JsonMember,
  mirrors: readonly string[] | undefined,
  out: Collector,
): void {
  if (!url.includes('://')) {
    out.add(
      definitionError({
        code: 'source/url',
        message: `"${url}" has no scheme`,
        at,
        hint: 'a URL begins with https://, http://, file:// or mirror://',
      }),
    );
    return;
  }
  if (!url.startsWith('mirror://')) return;
  const [, mirror, path] = /^mirror:\/\/([^/]*)\/*(.*)$/s.exec(url) ?? [];
  if (mirror === undefined || mirror === '' || path === '') {
    const message = `"${url}" must be mirror://NAME/path`;
    out.add(definitionError({ code: 'source/mirror', message, at }));
  } else if (mirrors !== undefined && !mirrors.includes(mirror)) {
    out.add(
      definitionError({
        code: 'source/mirror',
        message: `there is no mirror "${mirror}"`,
        at,
        hint: didYouMean(mirror, mirrors) ?? 'define it under "mirrors" in ashlar.json',
      }),
    );
  }
}

function checkRef(ref: string, { value: { at } }: JsonMember, out: Collector): void {
  const hint = 'give the full 40 hexadecimal digits of a commit; branches and tags move';
  const message = `"ref" must be a commit, found "${ref}"`;
  if (!isSha(ref)) out.add(definitionError({ code: 'source/ref', message, at, hint }));
  else if (!/^[0-9a-fA-F]{40}$/.test(ref)) {
    out.add(warning({ code: 'source/ref', message, at, hint: `it cannot be fetched; ${hint}` }));
  }
}
