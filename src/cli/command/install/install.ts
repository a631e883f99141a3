// `ashlar install`: brings packages into a root, from archives or from a package repository.
import { buildCommand } from '@stricli/core';
import { Collector } from '../../../base/diagnostic.ts';
import type { PackageSource } from '../../../install/source.ts';
import type { Context } from '../../context.ts';
import {
  openRoot,
  prefixFlag,
  rootFlag,
  tellWait,
  type PrefixFlags,
  type RootFlags,
} from './flags.ts';
import { interruptible } from '../../interrupt.ts';
import { printActivation } from './outcome.ts';
import {
  switchFlag,
  taskFlags,
  taskRequest,
  valueFlag,
  withoutSlash,
  type TaskFlags,
} from '../flags.ts';

interface Flags extends RootFlags, PrefixFlags, TaskFlags {
  readonly repositoryUrl?: string | undefined;
  readonly activate: boolean;
  readonly allowSetuid: boolean;
}

export const installCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: 'add packages to a root',
    fullDescription: [
      'Adds packages to the root: by name, those of the tree here with all that they require, as they were',
      'built; from files named ID.tar.xz or ID.tar.zst; or, by id, from packages/NAME/ID.tar.xz of a',
      'repository. With --activate they also become active, each in the place of an active package of the',
      'same name.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      root: rootFlag,
      prefix: prefixFlag,
      repositoryUrl: valueFlag('URL', 'where packages given by id come from: a URL or a directory'),
      activate: switchFlag('also make them active'),
      allowSetuid: switchFlag('accept packages with set-user-id or set-group-id files'),
      ...taskFlags,
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: withoutSlash,
        placeholder: 'NAME|FILE|ID',
        brief: 'package of the tree, archive, or package id',
      },
    },
  },
  async func(this: Context, flags, ...words): Promise<void> {
    const [{ install }, { parseSource }, lent] = await Promise.all([
      import('../../../install/install.ts'),
      import('../../../install/source.ts'),
      import('../../installation.ts'),
    ]);
    const errors = new Collector();
    const root = errors.take(await openRoot(this, flags));
    const names = words.filter(lent.isPackageTarget);
    const sources = words
      .filter((word) => !lent.isPackageTarget(word))
      .flatMap((word) => errors.take(parseSource(word, this.cwd)) ?? []);
    if (names.length > 0) sources.push(...(await built(this, flags, names, errors)));
    if (root === undefined || errors.failed) return this.report(errors.diagnostics);
    await interruptible(this, async (signal) => {
      const result = await install(root, sources, {
        prefix: flags.prefix,
        repositoryUrl: flags.repositoryUrl,
        activate: flags.activate,
        unpack: lent.packageUnpacker(flags.allowSetuid, signal),
        fetchFile: lent.packageFetcher(signal),
        signal,
        onWait: tellWait(this, root),
        onPackage: (id, what) =>
          this.print(what === 'added' ? `added ${id}\n` : `${id} is there already\n`),
      });
      if (!result.ok) return this.report(result.diagnostics);
      const { activation } = result.value;
      if (activation !== undefined) printActivation(this, root, activation, 'activated');
    });
  },
});

/** The packages of the tree that names mean, as sources. */
async function built(
  context: Context,
  flags: Flags,
  names: readonly string[],
  errors: Collector,
): Promise<readonly PackageSource[]> {
  const { builtPackages } = await import('../../installation.ts');
  const request = {
    ...taskRequest(context, flags, names),
    // A name alone is the default variant: only one can be active.
    variant: null,
  };
  return errors.take(await builtPackages(request, new AbortController().signal)) ?? [];
}
