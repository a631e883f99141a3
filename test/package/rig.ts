// A packages directory in a temporary directory, gone when its scope ends, and the ids of what is in it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { failed, definitionError, ok, type Result } from '../../src/base/diagnostic.ts';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { computeIds, type Identities, type IdOptions } from '../../src/package/ids.ts';
import { loadTree, type Tree, type TreeOptions } from '../../src/package/tree.ts';
import { withoutUpstream } from '../../src/package/upstream.ts';
import { spell } from '../../src/package/variant.ts';

/** Path → content; a path that ends in a slash is an empty directory. */
export type Files = Readonly<Record<string, string>>;

export interface Rig extends Disposable {
  /** The packages directory. */
  readonly path: string;
  write(files: Files): void;
  load(options?: Partial<TreeOptions>): Promise<Result<Tree>>;
  ids(options?: Partial<IdOptions>): Promise<Identities>;
}

/** A tree of files. */
export function createRig(files: Files): Rig {
  const root = temporaryDirectory(tmpdir(), 'ashlar-test');
  const path = join(root.path, 'packages');
  mkdirSync(path);
  const rig: Rig = {
    path,
    write: (more) => writeFiles(path, more),
    load: (options) => loadTree(path, { cwd: path, checkoutUpstream: withoutUpstream, ...options }),
    ids: async (options) => {
      const tree = await rig.load();
      if (!tree.ok) throw new Error(JSON.stringify(tree.diagnostics.map((one) => one.message)));
      return computeIds(tree.value, { ...GOLDEN_INPUTS, ...options });
    },
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
  rig.write(files);
  return rig;
}

/** As `createRig`, from definitions alone: `name` or `name/variant` → buildinfo. Scripts are as in the golden data. */
export function createPackages(packages: Readonly<Record<string, object>>, more: Files = {}): Rig {
  const files: Record<string, string> = { 'treeinfo.json': '{}' };
  for (const [spelling, buildinfo] of Object.entries(packages)) {
    const [name, variant] = spelling.split('/');
    const prefix = variant === undefined ? '' : `${variant}.`;
    files[`${name!}/${prefix}buildinfo.json`] = JSON.stringify(buildinfo);
    files[`${name!}/${prefix}build`] = `#!/bin/bash\n# ${spelling}\n`;
  }
  return createRig({ ...files, ...more });
}

export function writeFiles(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, content);
  }
}

/** What stood in for the image, and for repositories, when the golden data was made. */
export const GOLDEN_INPUTS = {
  imageId: (): Result<string> => ok('docker-id-for-golden'),
  gitHead: (): Promise<Result<string>> =>
    Promise.resolve(failed(definitionError({ code: 'test/git', message: 'no repositories here' }))),
};

/** Spelling → id. */
export function idsBySpelling({ identities }: Identities): Record<string, string> {
  return Object.fromEntries([...identities.values()].map((one) => [spell(one.definition), one.id]));
}
