// The ids of packages that are modules: the hash of buildinfo packages, over SHA-256, of a record with all
// that a module can say. See docs/formats/package-id.md.
import { hash } from 'node:crypto';
import { byCodePoint, type Sha256Hex } from '../../base/digest.ts';
import type { ResolvedPin } from '../inputs.ts';
import type { PackageDeclaration } from './declaration.ts';
import { counted } from './value.ts';

/** Goes up when records change their meaning. */
const VERSION = '1';

export interface ModuleInputs {
  /** What identifies the image. */
  readonly image: string;
  /** Source → its pin, or SHA-256 by path for files of the tree. */
  readonly sources: ReadonlyMap<string, ResolvedPin | ReadonlyMap<string, string>>;
  /** SHA-256 of each patch, in order. */
  readonly patches: readonly string[];
  /** Ids of all that is required, directly or not; and of what only the build needs. */
  readonly requires: readonly string[];
  readonly buildRequires: readonly string[];
}

/**
 * Hashes of values that are no texts, by their JSON: most of what modules say, such as the pipeline, many say. Undefined is
 * that of what says nothing.
 */
export type KnownHashes = Map<string, Sha256Hex | undefined>;

/** The version of a package. `known` is for all packages of a tree. */
export function hashModule(
  declaration: PackageDeclaration,
  inputs: ModuleInputs,
  known: KnownHashes,
): Sha256Hex {
  const { name, variant, values } = declaration;
  const { sources, patches, requires, build_requires, exclude, volatile, image, ...fields } =
    values;
  void [sources, patches, requires, build_requires, image];
  const variables = Object.entries(values.variables).flatMap(([key, value]): Member[] =>
    value === undefined ? [] : [[key, hashText(counted(value, exclude[key]?.pieces ?? []))]],
  );
  const record = new Map<string, Sha256Hex>();
  for (const [key, value] of Object.entries(fields)) {
    const its = hashOf(value, known);
    // What is not given has no member, so that new properties leave ids as they are.
    if (its !== undefined) record.set(key, its);
  }
  const texts = (list: readonly string[]): Sha256Hex =>
    hashMembers(list.map((text, index) => [String(index), hashText(text)]));
  record.set('variables', hashMembers(variables));
  record.set('volatile', hashMembers(Object.keys(volatile).map((key) => [key, NOTHING])));
  record.set('ashlar_version', hashText(VERSION));
  record.set('name', hashText(name));
  record.set('variant', hashText(variant ?? ''));
  record.set('docker', hashText(inputs.image));
  record.set('sources', hashMembers([...inputs.sources].map(([key, pin]) => [key, hashPin(pin)])));
  record.set('patches', texts(inputs.patches));
  record.set('requires', texts([...inputs.requires].sort(byCodePoint)));
  record.set('build_requires', texts([...inputs.buildRequires].sort(byCodePoint)));
  return hashMembers([...record]);
}

function hashPin(pin: ResolvedPin | ReadonlyMap<string, string>): Sha256Hex {
  const members = 'key' in pin ? [[pin.key, String(pin.value)] as const] : [...pin];
  return hashMembers(members.map(([key, value]) => [key, hashText(value)]));
}

/** Undefined for what says nothing: an empty text, list or map. The order of a list counts. */
function hashOf(value: unknown, known: KnownHashes): Sha256Hex | undefined {
  if (value === undefined || value === '' || value === false) return undefined;
  if (typeof value === 'string') return hashText(value);
  const json = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return hashText(json);
  const before = known.get(json);
  if (before !== undefined || known.has(json)) return before;
  const members = Array.isArray(value)
    ? value.map((item, index): Member => [String(index), hashOf(item, known) ?? NOTHING])
    : Object.entries(value).flatMap(([key, inner]): Member[] => {
        const its = hashOf(inner, known);
        return its === undefined ? [] : [[key, its]];
      });
  const its = members.length === 0 ? undefined : hashMembers(members);
  known.set(json, its);
  return its;
}

type Member = readonly [key: string, hash: Sha256Hex];

function hashMembers(members: readonly Member[]): Sha256Hex {
  const sorted = [...members].sort(([a], [b]) => byCodePoint(a, b));
  return hashText(sorted.map(([key, its]) => `${key}=${its}`).join(','));
}

function hashText(text: string): Sha256Hex {
  return hash('sha256', text) as Sha256Hex;
}

const NOTHING = hashText('');
