// What libraries, programs and tests in C have in common: properties, and compiling sources to objects.
import {
  configurable,
  dependencyTag,
  joinPath,
  list,
  map,
  moduleName,
  ninjaEscape,
  path,
  properties,
  provider,
  shellEscapeIncludingSpaces,
  string,
  type BottomUpContext,
  type GenerateContext,
  type ValueOf,
} from '../api.ts';
import type { StockConfig } from './config.ts';
import { compileRule, literal, stock } from './package.ts';
import { addSourceDependencies, expandSources, pathIn, sources } from './source.ts';

/** A library that is linked. */
export const libraryTag = dependencyTag('library');

const flags = list(string());

export const ccFields = {
  srcs: sources('Sources in C; headers among them are not compiled.'),
  exclude_srcs: list(path(), { doc: 'Sources to leave out. Wildcards are allowed.' }),
  deps: list(moduleName({ tag: libraryTag }), { doc: 'Libraries that it uses.' }),
  cflags: configurable(flags, { doc: 'Flags for the compiler.' }),
  ldflags: configurable(flags, { doc: 'Flags for linking.' }),
  libs: list(string(), { doc: 'Libraries of the system, such as `m`.' }),
  include_dirs: list(path(), { doc: 'Directories in which its sources find headers.' }),
  generated_headers: sources(
    'Headers that other modules make, and whose directories are searched.',
  ),
  archs: list(string(), { doc: 'Variants that are made of it; none: just one.' }),
  arch: map(
    properties({
      srcs: sources('Further sources.'),
      cflags: flags,
      ldflags: flags,
    }),
    { doc: 'What only some variants have, by their names.' },
  ),
  defaults: list(moduleName(), { doc: 'Modules of type `defaults` to take properties from.' }),
};

export const ccProperties = properties(ccFields);

export type CcValues = ValueOf<typeof ccProperties>;

/** What a library gives to those that use it; plain paths. */
export interface Library {
  /** Archives in the order of linking: each before those it uses. */
  readonly archives: readonly string[];
  readonly includeDirs: readonly string[];
  /** Generated headers: they must be there before anything is compiled. */
  readonly headers: readonly string[];
  readonly libs: readonly string[];
}

export const libraryProvider = provider<Library>('library');

export function addCcDependencies(context: BottomUpContext<CcValues>): void {
  const { srcs, generated_headers, arch } = context.properties;
  const ofVariants = Object.values(arch).map((its) => its.srcs);
  addSourceDependencies(context, srcs, generated_headers, ...ofVariants);
}

/** Everything that a module compiles and what it links with. */
export interface Compiled {
  readonly objects: readonly string[];
  readonly sources: readonly string[];
  readonly used: Library;
  readonly ldflags: readonly string[];
  /** Where the module's own outputs go, without the last part. */
  readonly variantDirectory: (kind: string) => string;
}

/** Makes the statements that compile a module's sources, which find headers in `exported` too. */
export function compile(
  context: GenerateContext<CcValues>,
  exported: readonly string[] = [],
): Compiled {
  const { srcs, exclude_srcs, include_dirs, generated_headers, arch } = context.properties;
  const { out } = context.config as StockConfig;
  const variation = context.module.variation('arch') ?? '';
  const own = Object.hasOwn(arch, variation) ? arch[variation] : undefined;
  const variantDirectory = (kind: string): string =>
    joinPath(out, variation === '' ? kind : `${kind}/${variation}`);

  const used = usedLibraries(context);
  const headers = expandSources(context, 'generated_headers', generated_headers);
  const includes = [
    ...include_dirs.map((one) => pathIn(context.directory, one)),
    ...exported,
    ...new Set(headers.map(directoryOf)),
    ...used.includeDirs,
  ];
  const cflags = [
    ...(context.evaluate(context.properties.cflags, 'cflags') ?? []),
    ...(own?.cflags ?? []),
    ...includes.map((one) => `-I${one}`),
  ];
  const files = [
    ...new Set([
      ...expandSources(context, 'srcs', srcs, exclude_srcs),
      ...expandSources(context, `arch.${variation}.srcs`, own?.srcs ?? []),
    ]),
  ];
  const args = { flags: words(cflags) };
  const [listed, compiled] = [files.filter(isHeader), files.filter((file) => !isHeader(file))];
  const orderOnly = literal([...new Set([...headers, ...used.headers, ...listed])]);
  const directory = `${variantDirectory('obj')}/${joinPath(context.directory, context.name)}`;
  const objects = compiled.map((file) => {
    const object = `${directory}/${objectName(context.directory, file)}.o`;
    const [outputs, inputs] = [literal([object]), literal([file])];
    context.build(stock, { rule: compileRule, outputs, inputs, orderOnly, args, optional: true });
    return object;
  });
  const ldflags = [
    ...(context.evaluate(context.properties.ldflags, 'ldflags') ?? []),
    ...(own?.ldflags ?? []),
  ];
  return { objects, sources: files, used, ldflags, variantDirectory };
}

/** Headers among the sources, such as those that a module offers with its sources, are there to be included. */
function isHeader(file: string): boolean {
  return /\.(?:h|hh|hpp|hxx|inc)$/.test(file);
}

/** What all libraries that a module uses give it, each thing once. */
function usedLibraries(context: GenerateContext<CcValues>): Library {
  const used: Library[] = [];
  for (const { module, tag } of context.directDependencies()) {
    if (tag !== libraryTag) continue;
    const library = context.get(module, libraryProvider);
    if (library === undefined) context.error(`${module.toString()} is no library`);
    else used.push(library);
  }
  return {
    // An archive must come after all that use it, so of several places the last counts.
    archives: [...new Set(used.flatMap(({ archives }) => archives).reverse())].reverse(),
    includeDirs: [...new Set(used.flatMap(({ includeDirs }) => includeDirs))],
    headers: [...new Set(used.flatMap(({ headers }) => headers))],
    libs: [...new Set(used.flatMap(({ libs }) => libs))],
  };
}

/** Words for a shell, in a Ninja string. */
export function words(texts: readonly string[]): string {
  return texts.map((text) => ninjaEscape(shellEscapeIncludingSpaces(text))).join(' ');
}

function directoryOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/'))) || '.';
}

/**
 * What the object of a source is called below the directory of the module's objects. Sources of other directories keep
 * their whole path, which tells them apart, and stays inside even where it leads out of the source root.
 */
function objectName(directory: string, file: string): string {
  if (file.startsWith('/')) return `_root${file}`;
  if (directory !== '.' && file.startsWith(`${directory}/`)) {
    return file.slice(directory.length + 1);
  }
  return file.replaceAll('../', '_up/');
}
