// A packages directory: every package in it (and in its upstream), the trees made of them, its settings.
// Reads definitions only. One broken definition leaves the others usable: each keeps its own diagnostics.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  Collector,
  definitionError,
  didYouMean,
  failed,
  ok,
  warning,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { growHeapFor } from '../base/heap.ts';
import type { Entry } from '../base/stat/record.ts';
import { openStatTable, type Files } from '../base/stat/table.ts';
import { BUILDINFO, isPackageFolder, readDefinitions, type Definition } from './definition.ts';
import { limited, namePath, pathIn, readDefinition, type NamedPath } from './file.ts';
import { createGraph, unknownVariant, type Graph } from './graph.ts';
import type { ImageDeclaration } from './module/declaration.ts';
import type { Declared } from './module/declared.ts';
import { definitionsFor, ownersOf } from './module/member.ts';
import type { Modules } from './module/modules.ts';
import { loadSettings, PREDEFINED_MIRRORS, type Settings } from './settings.ts';
import { readTreeinfo, type Treeinfo } from './treeinfo.ts';
import { openUpstream, UPSTREAM_FILE, type CheckoutUpstream } from './upstream.ts';
import { findVariants, variantFile, type Target } from './variant.ts';

export interface Tree {
  /** The packages directory, absolute. */
  readonly directory: string;
  /** Where the user stands: messages show paths from there. */
  readonly cwd: string;
  readonly settings: Settings;
  readonly graph: Graph;
  /** The default one is under null; it is there even without a treeinfo.json. */
  readonly treeinfos: ReadonlyMap<string | null, TreeDefinition>;
  /** Images that modules of Blueprints files declare, by name. */
  readonly images: ReadonlyMap<string, ImageDeclaration>;
  /** What is wrong with the tree as a whole. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface TreeDefinition {
  readonly file: NamedPath;
  readonly treeinfo: Treeinfo;
  /** Whether the file is there. */
  readonly isWritten: boolean;
  /** With an error among them the tree must not be built. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface TreeOptions {
  readonly cwd: string;
  /** Fetches what upstream.json names. Called once, and only when there is such a file. */
  readonly checkoutUpstream: CheckoutUpstream;
  /** What its Blueprints files declare, where it has some. */
  readonly declared?: Declared | undefined;
  /** Reads files and folders; what is known of them saves that. */
  readonly files?: Files | undefined;
}

const TREEINFO = 'treeinfo.json';
const BLUEPRINTS = 'Blueprints';

/**
 * Loads a tree. Fails only where there is none to speak of: the directory cannot be read, it holds
 * neither packages nor a treeinfo.json (`tree/empty`), or its upstream cannot be had.
 */
export async function loadTree(directory: string, options: TreeOptions): Promise<Result<Tree>> {
  const out = new Collector();
  const { cwd, checkoutUpstream, files = openStatTable(undefined) } = options;
  const root = namePath(resolve(cwd, directory), cwd);
  const settings = loadSettings(root.path, cwd, out, files.bytes);
  const mirrors = [...PREDEFINED_MIRRORS, ...settings.mirrors.keys()];
  const entries = list(root, files, out);
  if (entries === undefined) return failed(...out.diagnostics);
  let definitions = readPackages(root, entries, files, mirrors, out);

  const names = entries.map(({ name }) => name);
  if (names.includes(UPSTREAM_FILE)) {
    const upstream = await openUpstream(root, checkoutUpstream, cwd, mirrors, out);
    const others = upstream && list(upstream, files, out);
    if (upstream === undefined || others === undefined) return failed(...out.diagnostics);
    const own = new Set(definitions.map(({ name }) => name));
    const taken = readPackages(upstream, others, files, mirrors, out).filter(
      ({ name }) => !own.has(name),
    );
    definitions = definitions.concat(taken);
  }
  const treeinfos = readTreeinfos(root, names, files, out);
  const modules = await readModules(root, options, mirrors, definitions);
  out.add(...modules.diagnostics);
  definitions = definitions.concat(modules.definitions);
  const empty = definitions.length === 0 && modules.images.length === 0;
  if (empty && !names.includes(TREEINFO) && !out.failed) {
    return failed(
      definitionError({
        code: 'tree/empty',
        message: `there are no packages in this directory, and no ${TREEINFO}`,
        at: { file: root.shown === '' ? root.path : root.shown },
        hint: `a package is a folder with a ${BUILDINFO}, or a module of a Blueprints file; name the directory of packages with --packages`,
      }),
    );
  }
  const graph = createGraph(definitions);
  const diagnostics = limited(out.diagnostics);
  const images = new Map(modules.images.map((image) => [image.name, image]));
  return ok({ directory: root.path, cwd, settings, graph, treeinfos, images, diagnostics });
}

/**
 * The packages directory a user means who stands in `cwd`: `cwd` itself, or its parent when `cwd` is a
 * package folder; `name` is then that package.
 */
export function findPackages(cwd: string): { directory: string; name: string | undefined } {
  try {
    const entries = readdirSync(cwd);
    if (isPackageFolder(entries) && !entries.includes(BLUEPRINTS)) {
      return { directory: dirname(cwd), name: cwd.slice(dirname(cwd).length).replace(/^\//, '') };
    }
  } catch (error) {
    // Loading the tree will say what is wrong with the directory.
    if (errnoOf(error) === undefined) throw error;
  }
  return { directory: cwd, name: undefined };
}

/** Whether there are packages in a directory that are not modules of Blueprints files. */
export function hasPackageFolders(directory: string): boolean {
  return readdirSync(directory, { withFileTypes: true }).some(
    (entry) =>
      entry.name === TREEINFO ||
      entry.name === UPSTREAM_FILE ||
      (entry.isDirectory() && isPackageFolder(readdirSync(join(directory, entry.name)))),
  );
}

/** The packages that Blueprints files declare; the engine is loaded only where there are some. */
async function readModules(
  root: NamedPath,
  options: TreeOptions,
  mirrors: readonly string[],
  others: readonly Definition[],
): Promise<Modules> {
  const { declared, cwd } = options;
  if (declared === undefined) return { definitions: [], images: [], diagnostics: [] };
  const { loadModules } = await import('./module/modules.ts');
  return loadModules(root.path, { declared, cwd, mirrors, others });
}

/**
 * The definitions that targets mean; for a package that is split off another, those that it takes to
 * install it. Errors `target/unknown-package`, `requires/unknown-variant`.
 */
export function selectTargets(
  { graph }: Tree,
  targets: readonly Target[],
): Result<readonly Definition[]> {
  const out = new Collector();
  const selected = new Set<Definition>();
  for (const { name, variant } of targets) {
    const variants = graph.variantsOf(name).map((number) => graph.definitions[number]!);
    const wanted =
      variant === undefined ? variants : variants.filter((one) => one.variant === variant);
    for (const definition of wanted) selected.add(definition);
    const owners = variants.length > 0 ? [] : ownersOf(graph.definitions, { name, variant });
    for (const definition of owners) {
      const split = [{ definition, name }];
      for (const one of definitionsFor(split, graph.definitions)) selected.add(one);
    }
    if (variants.length === 0 && owners.length === 0) {
      const known = new Set(graph.definitions.flatMap(namesOf));
      const hint = didYouMean(name, known) ?? '"ashlar ids" lists those that there are';
      const message = `there is no package "${name}" in this tree`;
      out.add(definitionError({ code: 'target/unknown-package', message, hint }));
    } else if (wanted.length === 0 && owners.length === 0) {
      out.add(unknownVariant({ name, variant: variant ?? null }, variants, undefined));
    }
  }
  return out.finish([...selected]);
}

/** What a package is asked for by: its own name, and those of what is split off it. */
function namesOf({ name, module }: Definition): string[] {
  return [name, ...(module?.subpackages ?? []).map((one) => one.name)];
}

function list(folder: NamedPath, files: Files, out: Collector): readonly Entry[] | undefined {
  try {
    return files.list(folder.path);
  } catch (error) {
    out.add(systemError('read', error, folder.path));
  }
}

/** Every folder with a buildinfo is a package; all else is nobody's business here. */
function readPackages(
  root: NamedPath,
  entries: readonly Entry[],
  files: Files,
  mirrors: readonly string[],
  out: Collector,
): Definition[] {
  growHeapFor({ packages: entries.length });
  const definitions: Definition[] = [];
  for (const entry of entries) {
    const folder = pathIn(root, entry.name);
    const names = listFolder(folder, entry, files, out);
    if (names === undefined || !isPackageFolder(names)) continue;
    const named = { ...folder, name: entry.name, entries: names };
    const found = readDefinitions(named, mirrors, out, files.bytes);
    for (const definition of found) definitions.push(definition);
  }
  return definitions;
}

/** The names in a folder, undefined for anything that is none. */
function listFolder(
  { path, shown }: NamedPath,
  entry: Entry,
  files: Files,
  out: Collector,
): string[] | undefined {
  try {
    if (entry.kind === 'link') {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    } else if (entry.kind !== 'directory') return undefined;
    return files.list(path).map(({ name }) => name);
  } catch (error) {
    const at = { file: shown };
    if (errnoOf(error) === 'ELOOP') return undefined;
    if (errnoOf(error) === 'ENOENT') {
      // Gone since it was listed, or its bytes were never what the listing shows.
      const message = 'the folder is left out: its name is not UTF-8, or it has just been removed';
      out.add(warning({ code: 'tree/folder', message, at }));
    } else out.add({ ...systemError('read', error, shown), at });
  }
}

function readTreeinfos(
  root: NamedPath,
  names: readonly string[],
  files: Files,
  out: Collector,
): Map<string | null, TreeDefinition> {
  const none = { exclude: [], variants: new Map(), core: [], bootstrap: [] };
  const treeinfos = new Map<string | null, TreeDefinition>([
    [null, { file: pathIn(root, TREEINFO), treeinfo: none, isWritten: false, diagnostics: [] }],
  ]);
  const shown = (name: string): string => pathIn(root, name).shown;
  for (const variant of findVariants(names, TREEINFO, shown, out)) {
    const file = pathIn(root, variantFile(variant, TREEINFO));
    const found = new Collector();
    const object = readDefinition(file, found, files.bytes);
    const treeinfo = object === undefined ? none : readTreeinfo(object, found);
    const diagnostics = limited(found.diagnostics);
    treeinfos.set(variant, { file, treeinfo, isWritten: true, diagnostics });
  }
  return treeinfos;
}
