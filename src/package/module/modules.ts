// What the Blueprints files of a tree add to its packages: definitions for the graph, and images. Loaded
// only for trees that have such files.
import { resolve } from 'node:path';
import { Collector, definitionError, didYouMean, type Diagnostic } from '../../base/diagnostic.ts';
import type { Definition } from '../definition.ts';
import { spell } from '../variant.ts';
import { Locator, type ImageDeclaration } from './located.ts';
import { defineModule } from './define.ts';
import { readDeclared, type Declared } from './handover.ts';
import { loadDeclarations, type LoadOptions } from './load.ts';

export interface Modules {
  readonly definitions: readonly Definition[];
  readonly images: readonly ImageDeclaration[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ModulesOptions extends LoadOptions {
  /** Where a generator left what modules declare; otherwise the engine runs here. */
  readonly buildDirectory?: string | undefined;
  /** Names that `mirror://` may use. */
  readonly mirrors: readonly string[];
  /** Packages that are defined otherwise. */
  readonly others: readonly Definition[];
}

/** `directory` is the tree, absolute. Errors are those of the engine, and `package/defined-twice`. */
export function loadModules(directory: string, options: ModulesOptions): Modules {
  const out = new Collector();
  const { cwd, mirrors, others } = options;
  const { packages, images } = declarationsOf(directory, options, out);
  const locator = new Locator(directory, cwd);
  const known = new Map(others.map((one) => [spell(one), one]));
  const definitions: Definition[] = [];
  for (const declared of packages) {
    const declaration = locator.locate(declared);
    const { file } = declaration.at.source;
    const context = { directory, mirrors, file: { path: resolve(cwd, file), shown: file } };
    const definition = defineModule(declaration, context);
    const earlier = known.get(spell(definition));
    if (earlier !== undefined) out.add(definedTwice(definition, earlier));
    else {
      known.set(spell(definition), definition);
      definitions.push(definition);
    }
  }
  const all = [...known.values()];
  const checked = images.map((declared): ImageDeclaration => {
    const image = { ...locator.locate(declared), diagnostics: [] };
    return { ...image, diagnostics: checkImage(image, all) };
  });
  return { definitions, images: checked, diagnostics: out.diagnostics };
}

function declarationsOf(directory: string, options: ModulesOptions, out: Collector): Declared {
  if (options.buildDirectory !== undefined) {
    return out.take(readDeclared(options.buildDirectory)) ?? { packages: [], images: [] };
  }
  const loaded = loadDeclarations(directory, options);
  out.add(...loaded.diagnostics);
  return loaded;
}

/** A definition of this name exists twice: told at the second. */
function definedTwice(definition: Definition, earlier: Definition): Diagnostic {
  const at = definition.module?.declaration.at ?? { file: definition.file.shown };
  return definitionError({
    code: 'package/defined-twice',
    message: `there are two packages "${definition.name}"`,
    at,
    notes: [
      {
        message: 'the other one is here',
        at: earlier.module?.declaration.at ?? { file: earlier.file.shown },
      },
    ],
    hint: 'rename one of them, or give it a variant',
  });
}

const FORMATS = ['tar', 'tar.gz', 'tar.xz', 'tar.zst'];

function checkImage(image: ImageDeclaration, all: readonly Definition[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const problem = (property: string, message: string, hint: string | undefined): void => {
    const at = image.placeOf(property) ?? image.at;
    found.push(definitionError({ code: 'image/property', message, at, hint }));
  };
  if (all.some(({ name }) => name === image.name)) {
    problem('name', `there is a package "${image.name}" already`, 'give the image another name');
  }
  for (const format of image.formats) {
    if (FORMATS.includes(format)) continue;
    const hint = didYouMean(format, FORMATS) ?? `there are ${FORMATS.join(', ')}`;
    problem('formats', `"${format}" is no format of images`, hint);
  }
  const names = all.flatMap((one) => [
    spell(one),
    ...(one.module?.subpackages ?? []).map(({ name }) => spell({ name, variant: one.variant })),
  ]);
  for (const name of image.packages) {
    const wanted = name.replace(/:default$/, '');
    if (names.includes(wanted)) continue;
    problem('packages', `there is no package "${name}"`, didYouMean(wanted, names));
  }
  return found;
}
