// From a generator to the program that runs tasks: what all modules of a tree declare, in a file of the
// build directory. A tree with build logic of its own has no other way: only its primary builder knows it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { canonicalJson } from '../../base/digest.ts';
import { readIfExists, writeIfChanged } from '../../base/fs.ts';
import { singleton, type Singleton, type SingletonContext } from '../../blueprint/api.ts';
import {
  imageProvider,
  packageProvider,
  type DeclaredImage,
  type DeclaredPackage,
} from './declaration.ts';

/** Everything that modules of a tree declare. */
export interface Declared {
  readonly packages: readonly DeclaredPackage[];
  readonly images: readonly DeclaredImage[];
}

const FILE = '.packages.json';
/** Goes up when what is written changes its meaning. */
const VERSION = 1;

/** What modules have declared, in the order of their names. */
export function declaredBy(context: SingletonContext): Declared {
  return {
    packages: context.collected(packageProvider).flatMap(({ value }) => value),
    images: context.collected(imageProvider).map(({ value }) => value),
  };
}

interface GeneratorConfig {
  readonly out?: string;
  readonly bootstrap?: { readonly stage?: string };
}

/** Leaves the file when a generator of the main stage runs; its working directory is the source root. */
export const handover: Singleton = singleton('packages', (context) => {
  const { out, bootstrap } = (context.config ?? {}) as GeneratorConfig;
  if (out === undefined || bootstrap?.stage !== 'main') return;
  const declared = declaredBy(context);
  const file = join(out, FILE);
  if (declared.packages.length + declared.images.length === 0) rmSync(file, { force: true });
  else writeIfChanged(file, `${canonicalJson({ version: VERSION, ...declared } as never)}\n`);
});

/** What the last run of a generator left; nothing where it found no packages. Error `tree/declared`. */
export function readDeclared(buildDirectory: string): Result<Declared> {
  const bytes = readIfExists(join(buildDirectory, FILE));
  if (bytes === undefined) return ok({ packages: [], images: [] });
  try {
    const { version, ...declared } = JSON.parse(bytes.toString('utf8')) as Declared & {
      version: number;
    };
    if (version === VERSION) return ok(declared);
  } catch {
    // Of another version, or cut off: made again by the next build.
  }
  return failed(
    definitionError({
      code: 'tree/declared',
      message: 'what the modules of this tree declare is not known to this version of Ashlar',
      at: { file: join(buildDirectory, FILE) },
      hint: 'run "ashlar build", which reads them again',
    }),
  );
}
