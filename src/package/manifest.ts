// The two JSON files that every package carries: pkginfo.json, which an installation reads, and
// buildinfo.full.json, which says what the package was built from. Byte for byte as pkgpanda wrote them,
// but for lists whose order was left to chance.
import type { JsonNode } from '../base/json.ts';
import { formatJson, type Writable } from '../base/jsontext.ts';
import type { Buildinfo } from './buildinfo.ts';
import { PKGPANDA_VERSION, type Identity } from './ids.ts';

/** What an installation needs to know. `variant` is Ashlar's addition, absent for the default one. */
export function pkginfoText(variant: string | null, buildinfo: Buildinfo): string {
  const { members } = buildinfo;
  const info = new Map<string, Writable>([
    ['environment', members.get('environment')?.value ?? new Map()],
    ['requires', members.get('requires')?.value ?? []],
    ['state_directory', members.get('state_directory')?.value ?? false],
  ]);
  for (const key of ['username', 'group', 'sysctl']) {
    const member = members.get(key);
    if (member !== undefined) info.set(key, member.value);
  }
  if (variant !== null) info.set('variant', variant);
  return formatJson(info);
}

/** What the package was built from. `requires` are the ids of all that it requires, in any order. */
export function buildinfoText(
  identity: Identity,
  buildinfo: Buildinfo,
  requires: readonly string[],
): string {
  const { definition, id, inputs } = identity;
  const pins = new Map([...inputs.sources].map(([name, pin]) => [name, pinOf(pin)] as const));
  const ids = new Map<string, Writable>();
  for (const [key, { value }] of buildinfo.members) {
    if (key !== 'single_source' && key !== 'build_script') ids.set(key, value);
  }
  for (const [key, value] of [
    ['environment', new Map()],
    ['state_directory', false],
  ] as const) {
    if (!ids.has(key)) ids.set(key, value);
  }
  ids.set('name', definition.name);
  ids.set('variant', definition.variant ?? '');
  ids.set('pkgpanda_version', PKGPANDA_VERSION);
  ids.set('build', inputs.build);
  ids.set('sources', pins);
  if (inputs.extra !== undefined) ids.set('extra_source', inputs.extra);
  ids.set('docker', inputs.docker);
  ids.set('requires', [...requires].sort());

  const full = new Map<string, Writable>([
    ['build_ids', ids],
    ['name', definition.name],
    ['package_version', id.slice(definition.name.length + 2)],
    ['sources', describeSources(buildinfo, pins)],
    ['variant', definition.variant],
  ]);
  if (inputs.extra !== undefined) full.set('extra_source', inputs.extra);
  return formatJson(full);
}

function pinOf(pin: { key: string; value: unknown }): ReadonlyMap<string, Writable> {
  return new Map([[pin.key, pin.value as Writable]]);
}

/** Each source as its author wrote it, with its pin. */
function describeSources(
  buildinfo: Buildinfo,
  pins: ReadonlyMap<string, ReadonlyMap<string, Writable>>,
): ReadonlyMap<string, Writable> {
  const described = new Map<string, Writable>();
  for (const [name, node] of writtenSources(buildinfo)) {
    const written = new Map<string, Writable>();
    if (node.kind === 'object') {
      for (const { key, value } of node.members) written.set(key, value);
    }
    for (const [key, value] of pins.get(name) ?? []) written.set(key, value);
    described.set(name, written);
  }
  return described;
}

function writtenSources(buildinfo: Buildinfo): [name: string, node: JsonNode][] {
  const { members, sources } = buildinfo;
  const single = members.get('single_source')?.value;
  if (single !== undefined) return [...sources.keys()].map((name) => [name, single]);
  const many = members.get('sources')?.value;
  return many?.kind === 'object' ? many.members.map(({ key, value }) => [key, value]) : [];
}
