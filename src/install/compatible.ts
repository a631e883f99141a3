// Whether packages can be active together, going by what they declare. Knows nothing of their files:
// clashes of paths are the farm's business.
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import type { Package } from './package.ts';
import type { Located, Requirement, Setting } from './pkginfo.ts';

/** Variables that the environment files set themselves. */
const RESERVED = new Set(['LD_LIBRARY_PATH', 'PATH']);

/**
 * Checks a set of packages against each other and tells everything that is wrong: a name twice
 * (`install/repeated-name`), requirements that are not met (`install/unmet-requirement`,
 * `install/wrong-variant`, `install/exact-requirement`), variables that clash
 * (`install/reserved-variable`, `install/repeated-variable`), a group without a user
 * (`install/group-without-username`), kernel settings that clash (`install/sysctl-conflict`).
 *
 * A requirement that names no variant is met by any. One that names a variant is held against what the
 * package recorded, and is met by a package that recorded nothing, as older ones do.
 */
export function validateCompatible(packages: readonly Package[]): Result<void> {
  const distinct = firstOfEachName(packages);
  const diagnostics = [
    ...repeatedNames(packages),
    ...groupsWithoutUser(packages),
    ...unmetRequirements(packages),
    ...clashingVariables(distinct),
    ...clashingSettings(distinct),
  ];
  return diagnostics.length === 0 ? ok(undefined) : failed(...diagnostics);
}

/** Two versions of one package clash in everything; that they are two is all there is to tell. */
export function firstOfEachName(packages: readonly Package[]): Package[] {
  const names = new Set<string>();
  return packages.filter(({ name }) => !names.has(name) && names.add(name));
}

function repeatedNames(packages: readonly Package[]): Diagnostic[] {
  const byName = new Map<string, string[]>();
  for (const { name, id } of packages) byName.set(name, [...(byName.get(name) ?? []), id]);
  return [...byName].flatMap(([name, ids]) => {
    if (ids.length === 1) return [];
    return [
      definitionError({
        code: 'install/repeated-name',
        message: `${name} is in the set more than once: ${ids.join(', ')}`,
        hint: 'keep one of them; only one version of a package can be active',
      }),
    ];
  });
}

function groupsWithoutUser(packages: readonly Package[]): Diagnostic[] {
  return packages.flatMap(({ id, info }) => {
    if (info.group === undefined || info.username !== undefined) return [];
    return [
      definitionError({
        code: 'install/group-without-username',
        message: `${id} names a group, but no username`,
        at: info.group.at,
      }),
    ];
  });
}

function unmetRequirements(packages: readonly Package[]): Diagnostic[] {
  const byName = new Map(packages.map((each) => [each.name, each]));
  return packages.flatMap((dependent) =>
    dependent.info.requires.flatMap((required) => unmet(dependent, required, byName) ?? []),
  );
}

function unmet(
  { id }: Package,
  { value: { name, variant }, at }: Located<Requirement>,
  byName: ReadonlyMap<string, Package>,
): Diagnostic | undefined {
  if (name.includes('--')) {
    return definitionError({
      code: 'install/exact-requirement',
      message: `${id} requires the exact package ${name}`,
      at,
      hint: 'a requirement names a package, or a package and its variant',
    });
  }
  const found = byName.get(name);
  if (found === undefined) {
    return definitionError({
      code: 'install/unmet-requirement',
      message: `${id} requires ${name}, and no package of that name is in the set`,
      at,
      hint: didYouMean(name, byName.keys()) ?? `add a package named ${name} to the set`,
    });
  }
  const built = found.info.variant;
  if (variant === undefined || built === undefined || built === variant) return undefined;
  return definitionError({
    code: 'install/wrong-variant',
    message: `${id} requires ${variantWords(variant)} of ${name}, and ${found.id} is ${variantWords(built)}`,
    at,
  });
}

function variantWords(variant: string | null): string {
  return variant === null ? 'the default variant' : `the variant ${variant}`;
}

function clashingVariables(packages: readonly Package[]): Diagnostic[] {
  const first = new Map<string, { id: string; at: Located<string>['at'] }>();
  const diagnostics: Diagnostic[] = [];
  for (const { id, info } of packages) {
    for (const [key, { at }] of info.environment) {
      const earlier = first.get(key);
      if (RESERVED.has(key)) {
        diagnostics.push(
          definitionError({
            code: 'install/reserved-variable',
            message: `${id} sets ${key}, which Ashlar sets itself`,
            at,
            hint: 'what lies in bin and lib of a package is found without it',
          }),
        );
      } else if (earlier !== undefined) {
        diagnostics.push(
          definitionError({
            code: 'install/repeated-variable',
            message: `the variable ${key} is set by both ${earlier.id} and ${id}`,
            at,
            notes: [{ message: `${earlier.id} sets it here`, at: earlier.at }],
          }),
        );
      } else first.set(key, { id, at });
    }
  }
  return diagnostics;
}

/** The kernel has each setting once, so it clashes whichever service asks for it. */
function clashingSettings(packages: readonly Package[]): Diagnostic[] {
  const first = new Map<string, { who: string; setting: Located<Setting> }>();
  const diagnostics: Diagnostic[] = [];
  for (const { id, info } of packages) {
    for (const [service, settings] of info.sysctl) {
      for (const [key, setting] of settings) {
        const who = `${service} of ${id}`;
        const earlier = first.get(key);
        if (earlier === undefined) first.set(key, { who, setting });
        else if (spelling(earlier.setting) !== spelling(setting)) {
          diagnostics.push(
            definitionError({
              code: 'install/sysctl-conflict',
              message: `the kernel setting ${key} is ${spelling(earlier.setting)} for ${earlier.who}, but ${spelling(setting)} for ${who}`,
              at: setting.at,
              notes: [{ message: `${earlier.who} sets it here`, at: earlier.setting.at }],
            }),
          );
        }
      }
    }
  }
  return diagnostics;
}

function spelling({ value: { text, quoted } }: Located<Setting>): string {
  return quoted ? JSON.stringify(text) : text;
}
