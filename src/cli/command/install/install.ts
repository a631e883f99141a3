// `ashlar install`: brings packages into a root, from archives or from a package repository.
import { buildCommand } from '@stricli/core';
import { Collector } from '../../../base/diagnostic.ts';
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

interface Flags extends RootFlags, PrefixFlags {
  readonly repositoryUrl?: string | undefined;
  readonly activate: boolean;
}

export const installCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: 'add packages to a root',
    fullDescription:
      'Adds packages to the root: from files named ID.tar.xz or ID.tar.zst, or, given by id, from ' +
      'packages/NAME/ID.tar.xz of a repository. With --activate they also become active, each in ' +
      'the place of an active package of the same name.',
  },
  parameters: {
    flags: {
      root: rootFlag,
      prefix: prefixFlag,
      repositoryUrl: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'URL',
        brief: 'where packages given by id come from: a URL or a directory',
      },
      activate: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'also make them active',
      },
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        parse: String,
        placeholder: 'ID|FILE',
        brief: 'package id, or an archive named after it',
      },
    },
  },
  async func(this: Context, flags, ...words): Promise<void> {
    const [{ install }, { copyFile, parseSource }, { unpackWithTar }] = await Promise.all([
      import('../../../install/install.ts'),
      import('../../../install/source.ts'),
      import('./unpack.ts'),
    ]);
    const errors = new Collector();
    const root = errors.take(await openRoot(this, flags));
    const sources = words.flatMap((word) => errors.take(parseSource(word, this.cwd)) ?? []);
    if (root === undefined || errors.failed) return this.report(errors.diagnostics);
    await interruptible(this, async (signal) => {
      const result = await install(root, sources, {
        prefix: flags.prefix,
        repositoryUrl: flags.repositoryUrl,
        activate: flags.activate,
        unpack: unpackWithTar(signal),
        fetchFile: copyFile,
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
