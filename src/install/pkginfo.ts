// pkginfo.json: what a package tells the machine it is activated on. Knows nothing of other packages.
// Unknown keys are passed over, because packages outlive the program that reads them.
import {
  Collector,
  definitionError,
  failed,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { describe, member, parseJson, type JsonNode, type JsonObject } from '../base/json.ts';
import type { Source, Span } from '../base/span.ts';

/** A value and where it stands, so that a conflict found later can point at it. */
export interface Located<T> {
  readonly value: T;
  readonly at: Span;
}

export interface Requirement {
  readonly name: string;
  /** The variant asked for, null for the default one; undefined when any will do. */
  readonly variant: string | null | undefined;
}

/** A kernel setting as written: the number 1 and the string "1" are told apart. */
export interface Setting {
  readonly text: string;
  readonly quoted: boolean;
}

export interface PackageInfo {
  readonly environment: ReadonlyMap<string, Located<string>>;
  readonly stateDirectory: boolean;
  readonly username: string | undefined;
  readonly group: Located<string> | undefined;
  readonly requires: readonly Located<Requirement>[];
  /** Service name → kernel setting → value. */
  readonly sysctl: ReadonlyMap<string, ReadonlyMap<string, Located<Setting>>>;
  /** Directories to be offered beside those that every package's are: `share`, say. */
  readonly directories: readonly string[];
  /** What the package was built as: null for the default variant, undefined when not recorded. */
  readonly variant: string | null | undefined;
}

/** Reads the text of a pkginfo.json. Error codes `json/syntax` and `package/pkginfo`; all mistakes are told. */
export function parsePackageInfo(source: Source): Result<PackageInfo> {
  const parsed = parseJson(source);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind !== 'object') return failed(expected('an object', parsed.value));
  const root = parsed.value;
  const errors = new Collector();
  return errors.finish({
    environment: environment(root, errors),
    stateDirectory: flag(root, 'state_directory', errors),
    username: text(root, 'username', errors)?.value,
    group: group(root, errors),
    requires: requires(root, errors),
    sysctl: sysctl(root, errors),
    directories: directories(root),
    variant: variant(root, errors),
  });
}

/** Whatever is no list of names offers nothing: other versions may say more. */
function directories(root: JsonObject): readonly string[] {
  const value = member(root, 'directories')?.value;
  if (value?.kind !== 'array') return [];
  return value.items.flatMap((item) => (item.kind === 'string' ? [item.value] : []));
}

function environment(root: JsonObject, errors: Collector): Map<string, Located<string>> {
  const variables = new Map<string, Located<string>>();
  for (const { key, keyAt, value } of members(root, 'environment', errors)) {
    const plain = scalarText(value);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
      errors.add(
        wrong(
          keyAt,
          `"${key}" cannot be the name of an environment variable`,
          'a name is made of letters, digits and "_", and does not begin with a digit',
        ),
      );
    } else if (plain === undefined) {
      errors.add(expected('a string', value));
    } else if (/[\n\r\0]/.test(plain)) {
      errors.add(
        wrong(
          value.at,
          `the value of ${key} has a line break or a NUL in it`,
          'the file "environment" holds one variable per line; take it out',
        ),
      );
    } else variables.set(key, { value: plain, at: keyAt });
  }
  return variables;
}

/** Numbers and booleans count as what the original's shell files showed for them. */
function scalarText(node: JsonNode): string | undefined {
  if (node.kind === 'string') return node.value;
  if (node.kind === 'boolean') return node.value ? 'True' : 'False';
  if (node.kind === 'number' && node.integer !== undefined) return String(node.integer);
  return undefined;
}

function flag(root: JsonObject, key: string, errors: Collector): boolean {
  const node = member(root, key)?.value;
  if (node === undefined) return false;
  if (node.kind === 'boolean') return node.value;
  // Builds accept 1 and 0 too, so packages with them exist.
  if (node.kind === 'number' && (node.integer === 0n || node.integer === 1n)) {
    return node.integer === 1n;
  }
  errors.add(expected('true or false', node));
  return false;
}

function text(root: JsonObject, key: string, errors: Collector): Located<string> | undefined {
  const node = member(root, key)?.value;
  if (node === undefined || node.kind === 'null') return undefined;
  if (node.kind === 'string') return { value: node.value, at: node.at };
  errors.add(expected('a string', node));
  return undefined;
}

function group(root: JsonObject, errors: Collector): Located<string> | undefined {
  const given = text(root, 'group', errors);
  return given?.value === '' ? undefined : given;
}

function variant(root: JsonObject, errors: Collector): string | null | undefined {
  if (member(root, 'variant') === undefined) return undefined;
  const name = text(root, 'variant', errors)?.value ?? '';
  return name === '' ? null : name;
}

function requires(root: JsonObject, errors: Collector): Located<Requirement>[] {
  const node = member(root, 'requires')?.value;
  if (node === undefined) return [];
  if (node.kind !== 'array') {
    errors.add(expected('an array', node));
    return [];
  }
  const list: Located<Requirement>[] = [];
  for (const item of node.items) {
    const value = requirement(item);
    if (value === undefined) {
      errors.add(expected('a package name or {"name": …, "variant": …}', item));
    } else list.push({ value, at: item.at });
  }
  return list;
}

function requirement(node: JsonNode): Requirement | undefined {
  if (node.kind === 'string') return { name: node.value, variant: undefined };
  if (node.kind !== 'object') return undefined;
  const name = member(node, 'name')?.value;
  const asked = member(node, 'variant')?.value;
  if (name?.kind !== 'string') return undefined;
  if (asked?.kind === 'string') return { name: name.value, variant: asked.value || null };
  return asked?.kind === 'null' ? { name: name.value, variant: null } : undefined;
}

function sysctl(root: JsonObject, errors: Collector): Map<string, Map<string, Located<Setting>>> {
  const services = new Map<string, Map<string, Located<Setting>>>();
  for (const service of members(root, 'sysctl', errors)) {
    if (service.value.kind !== 'object') {
      errors.add(expected('an object of kernel settings', service.value));
      continue;
    }
    const settings = new Map<string, Located<Setting>>();
    for (const { key, value } of service.value.members) {
      const plain = scalarText(value);
      if (plain === undefined) errors.add(expected('a string or an integer', value));
      else
        settings.set(key, {
          value: { text: plain, quoted: value.kind === 'string' },
          at: value.at,
        });
    }
    services.set(service.key, settings);
  }
  return services;
}

function members(root: JsonObject, key: string, errors: Collector): JsonObject['members'] {
  const node = member(root, key)?.value;
  if (node === undefined) return [];
  if (node.kind === 'object') return node.members;
  errors.add(expected('an object', node));
  return [];
}

function expected(what: string, found: JsonNode): Diagnostic {
  return wrong(found.at, `expected ${what}, found ${describe(found)}`);
}

function wrong(at: Span, message: string, hint?: string): Diagnostic {
  return definitionError({
    code: 'package/pkginfo',
    message,
    at,
    ...(hint === undefined ? {} : { hint }),
  });
}
