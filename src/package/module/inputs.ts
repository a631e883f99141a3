// Files of the tree that a module's tasks take in: sources and patches, with their digests. What cannot be
// read is told at the property that names it.
import { posix } from 'node:path';
import type { Collector } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { systemError } from '../../base/fs.ts';
import type { Input } from '../../task/task.ts';
import type { ModuleDefinition } from './definition.ts';
import { pathInSource, unreadable } from './files.ts';
import { placeOf } from './place.ts';
import { PATCHES, WORK_TREE } from './scope.ts';

export interface InputOptions {
  readonly module: ModuleDefinition;
  /** The tree, absolute. */
  readonly directory: string;
  readonly digestOf: (path: string) => Digest;
  readonly isExecutable: (path: string) => boolean;
}

/** Files of the tree that are sources. */
export function fileInputs(options: InputOptions, out: Collector): Input[] {
  const { module, directory, digestOf, isExecutable } = options;
  const inputs: Input[] = [];
  for (const [name, files] of module.declaration.files) {
    for (const file of files) {
      const inside = pathInSource(module.declaration.directory, file);
      const source = posix.join(directory, file);
      try {
        inputs.push({
          kind: 'file',
          at: posix.join(WORK_TREE, name, inside),
          source,
          digest: digestOf(source),
          executable: isExecutable(source),
        });
      } catch (error) {
        const at = placeOf(module.declaration, `sources.${name}.files`);
        out.add({ ...unreadable(file, error), at });
      }
    }
  }
  return inputs;
}

/** Patches in their order, and the list that says it. */
export function patchInputs(options: InputOptions, out: Collector): Input[] {
  const { module, directory, digestOf } = options;
  const { declaration } = module;
  const inputs: Input[] = [];
  const names: string[] = [];
  declaration.values.patches.forEach((patch, index) => {
    const source = posix.join(directory, declaration.directory, patch);
    const name = `${String(index + 1).padStart(4, '0')}-${posix.basename(patch)}`;
    names.push(name);
    try {
      const digest = digestOf(source);
      inputs.push({
        kind: 'file',
        at: posix.join(PATCHES, name),
        source,
        digest,
        executable: false,
      });
    } catch (error) {
      const shown = posix.join(declaration.directory, patch);
      out.add({
        ...systemError('read', error, shown),
        at: placeOf(declaration, 'patches'),
      });
    }
  });
  const content = names.map((name) => `${name}\n`).join('');
  inputs.push({ kind: 'text', at: posix.join(PATCHES, 'series'), content });
  return inputs;
}
