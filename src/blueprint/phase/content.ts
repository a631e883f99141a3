// What other modules can see of a module, as a digest: where it stays the same, nobody who looked at the
// module needs to be analysed again. What is in: the shape and variations (dependencies are matched by
// them), the edges (walks follow them), the values that were provided, and the properties if somebody
// looked at them. What is out: the module's part of the manifest, and where in its file it stands.
import { hash } from 'node:crypto';
import type { Graph } from '../module/graph.ts';
import type { AnyProvider } from '../module/provider.ts';
import type { Group, Variant } from '../module/variant.ts';
import type { Variations } from '../module/variations.ts';

/** Bytes of a digest. */
export const CONTENT_LENGTH = 16;

export interface Content {
  /** One byte in each unit. Says nothing of values that are not plain data. */
  readonly digest: string;
  /** Whether there are such values: they must be taken for changed whenever they may have. */
  readonly opaque: boolean;
}

/** Computes digests of one graph's modules, all at one time: when everything has been generated. */
export class ContentDigests {
  /** Providers by name: their indexes depend on which was used first. */
  readonly #providers: readonly (readonly [provider: AnyProvider, index: number])[];

  constructor(graph: Graph) {
    this.#providers = [...graph.providers]
      .map((provider, index): [AnyProvider, number] => [provider, index])
      .sort(([{ name: a }], [{ name: b }]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  of(group: Group): Content {
    let opaque = false;
    const { type, typeName, directory, source } = group.definition;
    const parts: string[] = [type.name, typeName, directory, source.file, group.name];
    if (group.history !== undefined) parts.push(...group.history);
    for (const member of group.members) {
      if (member.kind === 'alias') {
        parts.push(`alias ${member.target.variant}`, variationsText(member.variations));
      } else if (!this.#addVariant(parts, member, group.observed)) opaque = true;
    }
    const digest = hash('sha256', parts.join('\0'), 'binary').slice(0, CONTENT_LENGTH);
    return { digest, opaque };
  }

  /** False where some value is not plain data. */
  #addVariant(parts: string[], variant: Variant, observed: boolean): boolean {
    let plain = true;
    const { variations, dependencyVariations, dependencies, providers, missing } = variant;
    parts.push('variant', variant.variant, variationsText(variations));
    if (dependencyVariations !== variations) parts.push(variationsText(dependencyVariations));
    for (let i = 0; i < dependencies.length; i++) {
      const { module, tag } = dependencies[i]!;
      parts.push(module.group.name, module.variant, tag.name);
    }
    if (missing !== undefined) parts.push('missing', ...missing);
    if (providers !== undefined) {
      for (const [{ name, persistent }, index] of this.#providers) {
        const value = providers[index];
        if (value === undefined) continue;
        parts.push(name);
        // What is kept between runs is JSON, and may be long.
        if (persistent) parts.push(JSON.stringify(value));
        else plain = addValue(parts, value) && plain;
      }
    }
    if (observed) plain = addValue(parts, variant.values) && plain;
    return plain;
  }
}

/** A column of digests, one for each module; all zero where there is none. */
export function contentColumn(count: number): Uint8Array {
  return new Uint8Array(count * CONTENT_LENGTH);
}

export function setContent(column: Uint8Array, index: number, { digest }: Content): void {
  const at = index * CONTENT_LENGTH;
  for (let i = 0; i < CONTENT_LENGTH; i++) column[at + i] = digest.charCodeAt(i);
}

export function hasContent(column: Uint8Array, index: number, { digest }: Content): boolean {
  const at = index * CONTENT_LENGTH;
  for (let i = 0; i < CONTENT_LENGTH; i++) {
    if (column[at + i] !== digest.charCodeAt(i)) return false;
  }
  return true;
}

const texts = new WeakMap<Variations, string>();

function variationsText(variations: Variations): string {
  let text = texts.get(variations);
  if (text === undefined) {
    text = [...variations.entries].map((entry) => entry.join(':')).join(',');
    texts.set(variations, text);
  }
  return text;
}

/** Adds a value's one spelling. False for what is not plain data; then something of it may be missing. */
function addValue(parts: string[], value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      // The length keeps texts apart whatever they hold.
      parts.push(`s${value.length}`, value);
      return true;
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      parts.push(typeof value, String(value));
      return true;
    case 'object':
      return value === null ? parts.push('null') > 0 : addObject(parts, value);
    default:
      return false;
  }
}

function addObject(parts: string[], value: object): boolean {
  if (Array.isArray(value)) {
    parts.push('[', String(value.length));
    return value.every((item) => addValue(parts, item));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(value);
  parts.push('{', String(keys.length));
  return keys.every((key) => {
    parts.push(key);
    return addValue(parts, (value as Record<string, unknown>)[key]);
  });
}
