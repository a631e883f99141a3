// `package`, and what makes module types like it: properties, presets and the standard pipeline laid over
// each other, once for every variant. Knows nothing of tasks; what it finds goes on in a provider.
import {
  extend,
  joinPath,
  moduleType,
  type GenerateContext,
  type Module,
  type CommonFields,
  type ModuleType,
} from '../../blueprint/api.ts';
import { declaredPlace, packageProvider, type DeclaredPackage } from './declared.ts';
import { PRESETS } from './preset.ts';
import {
  moduleFields,
  packageProperties,
  packageValues,
  type ModuleValues,
  type PackageData,
  type PackageValues,
} from './properties.ts';
import { STANDARD } from './standard.ts';

/** A type of modules that are packages. */
export type PackageModuleType = ModuleType<typeof moduleFields & CommonFields>;

/**
 * A module type whose modules are packages. `values` are what all of them have before their own
 * properties are added: tasks, variables, functions, as in a `defaults` module.
 */
export function packageType(options: {
  readonly name: string;
  readonly doc: string;
  readonly values?: PackageData;
}): PackageModuleType {
  const base = options.values === undefined ? undefined : packageValues(options.values);
  return moduleType({
    name: options.name,
    doc: options.doc,
    properties: moduleFields,
    generate: (ctx) => ctx.set(packageProvider, declarePackages(ctx, ctx.properties, base)),
  });
}

export const packageModule = packageType({
  name: 'package',
  doc:
    'Software that is built from sources and installed somewhere: a pipeline of tasks, from fetching to ' +
    'archives. Each task is keyed by what it uses, and is restored where it was done before.',
});

/** The variants that a module's properties come to, over `base`. Reports presets that do not exist. */
export function declarePackages(
  context: GenerateContext<unknown>,
  properties: Omit<ModuleValues, 'preset'> & {
    readonly name?: string;
    readonly preset: string | undefined;
  },
  base: PackageValues | undefined,
): readonly DeclaredPackage[] {
  const layers: PackageValues[] = [];
  const { preset, variants } = properties;
  if (preset !== undefined) {
    if (Object.hasOwn(PRESETS, preset)) layers.push(PRESETS[preset]!.values);
    else {
      const names = Object.keys(PRESETS).join(', ');
      context.propertyError('preset', `there is no preset "${preset}"; there are ${names}`);
    }
  }
  if (base !== undefined) layers.push(base);
  layers.push(properties);
  const values = layers.reduce(over, STANDARD);
  const modules = [context.module, ...defaultsOf(context)];
  return [null, ...Object.keys(variants)].map((variant) => {
    const own = variant === null ? undefined : (variants[variant] as PackageValues);
    const all = own === undefined ? values : over(values, own);
    return declare(context, modules, { variant, preset, values: all });
  });
}

/** Properties over others: lists grow, values are replaced, maps go name by name. */
function over(below: PackageValues, above: PackageValues): PackageValues {
  return extend(packageProperties, below, packageProperties, above, 'append') as PackageValues;
}

function declare(
  context: GenerateContext<unknown>,
  modules: readonly Module[],
  of: Pick<DeclaredPackage, 'variant' | 'preset' | 'values'>,
): DeclaredPackage {
  return {
    name: context.name,
    variant: of.variant,
    directory: context.directory,
    preset: of.preset,
    values: of.values,
    files: expandFiles(context, of.values, modules),
    modules: modules.map((module) => declaredPlace(context.placeOf(undefined, module)!)),
  };
}

/** Of the tree, at its root. */
const SETTINGS = ['ashlar.json', 'ashlar.lock.json'];

/** The modules that properties were taken from, nearest first. */
function defaultsOf(context: GenerateContext<unknown>): readonly Module[] {
  const found = new Set<Module>();
  context.walkDependencies((child, _parent, tag) => {
    if (tag.name !== 'defaults') return false;
    found.add(child);
    return true;
  });
  return [...found];
}

/**
 * Sources that are files of the tree: which ones there are. A pattern without any is a mistake. Wildcards
 * leave out the files that define the package: they count as what they say, task by task.
 */
function expandFiles(
  context: GenerateContext<unknown>,
  { sources }: PackageValues,
  modules: readonly Module[],
): Readonly<Record<string, readonly string[]>> {
  const files: Record<string, readonly string[]> = {};
  const definitions = new Set([
    ...modules.map((module) => context.placeOf(undefined, module)!.source.file),
    ...SETTINGS,
  ]);
  for (const [name, { files: patterns }] of Object.entries(sources)) {
    if (patterns.length === 0) continue;
    const found = new Set<string>();
    for (const pattern of patterns) {
      const inTree = joinPath(context.directory, pattern);
      const property = `sources.${name}.files`;
      const matches = /[*?[]/.test(pattern)
        ? context
            .propertyGlob(property, inTree)
            ?.filter((path) => !path.endsWith('/') && !definitions.has(path))
        : [inTree];
      if (matches === undefined) continue;
      if (matches.length === 0) {
        context.propertyError(property, `${JSON.stringify(pattern)} matches no files`);
      }
      for (const path of matches) found.add(path);
    }
    files[name] = [...found].sort();
  }
  return files;
}
