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

/** A value of a record: text, or values by name. */
type Item = string | Map<string, Item>;

/** The version of a package. */
export function hashModule(declaration: PackageDeclaration, inputs: ModuleInputs): Sha256Hex {
  const { name, variant, values } = declaration;
  const { sources, patches, requires, build_requires, exclude, volatile, image, ...fields } =
    values;
  void [sources, patches, requires, build_requires, image];
  const variables = new Map(
    Object.entries(values.variables).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, counted(value, exclude[key]?.pieces ?? [])]],
    ),
  );
  const record = new Map<string, Item>();
  for (const [key, value] of Object.entries(fields)) {
    const item = itemOf(value);
    // What is not given has no member, so that new properties leave ids as they are.
    if (item !== undefined) record.set(key, item);
  }
  record.set('variables', variables);
  record.set('volatile', new Map(Object.keys(volatile).map((key) => [key, ''])));
  record.set('ashlar_version', VERSION);
  record.set('name', name);
  record.set('variant', variant ?? '');
  record.set('docker', inputs.image);
  record.set('sources', new Map([...inputs.sources].map(([key, pin]) => [key, pinItem(pin)])));
  record.set('patches', indexed(inputs.patches));
  record.set('requires', indexed([...inputs.requires].sort(byCodePoint)));
  record.set('build_requires', indexed([...inputs.buildRequires].sort(byCodePoint)));
  return hashItem(record);
}

function pinItem(pin: ResolvedPin | ReadonlyMap<string, string>): Item {
  return 'key' in pin ? new Map([[pin.key, String(pin.value)]]) : new Map(pin);
}

/** Undefined for what says nothing: an empty text, list or map. The order of a list counts. */
function itemOf(value: unknown): Item | undefined {
  if (value === undefined || value === '' || value === false) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : indexed(value as unknown[]);
  if (typeof value === 'object' && value !== null) return membersOf(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function membersOf(value: object): Item | undefined {
  const items = new Map<string, Item>();
  for (const [key, inner] of Object.entries(value)) {
    const item = itemOf(inner);
    if (item !== undefined) items.set(key, item);
  }
  return items.size === 0 ? undefined : items;
}

function indexed(values: readonly unknown[]): Item {
  return new Map(values.map((value, index) => [String(index), itemOf(value) ?? '']));
}

function hashItem(item: Item): Sha256Hex {
  if (typeof item === 'string') return hash('sha256', item) as Sha256Hex;
  const members = [...item].sort(([a], [b]) => byCodePoint(a, b));
  const text = members.map(([key, value]) => `${key}=${hashItem(value)}`).join(',');
  return hash('sha256', text) as Sha256Hex;
}
