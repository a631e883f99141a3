// `ashlar ids`: the package ids of a tree, computed without building anything.
import { buildCommand } from '@stricli/core';
import { takeQuestion } from '../../bootstrap/noopkey.ts';
import type { Context } from '../context.ts';
import { imageIdFlag, packagesFlag, switchFlag, targetsParameter } from './flags.ts';

interface Flags {
  readonly json: boolean;
  readonly packages?: string;
  readonly imageId?: readonly string[];
}

export const idsCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'print the package ids of a tree without building it',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Prints the id of every package and variant, or of the targets given: name (all variants),',
      'name:variant, or name:default.',
      '',
      'The packages directory is the current one; in the folder of a package it is the one above, and',
      'that package is the target.',
    ].join('\n'),
  },
  parameters: {
    positional: targetsParameter('packages to print'),
    flags: {
      json: switchFlag('print an array of {name, variant, id}'),
      packages: packagesFlag,
      imageId: imageIdFlag,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const { answerIds } = await import('../ids.ts');
    const question = takeQuestion(this.env);
    const { text, diagnostics, computed } = await answerIds({
      cwd: this.cwd,
      env: this.env,
      packages: flags.packages,
      targets,
      imageIds: flags.imageId ?? [],
      json: flags.json,
    });
    this.report(diagnostics);
    this.print(text);
    if (question === undefined || computed === undefined) return;
    const { recordIds } = await import('../answer.ts');
    recordIds(question, computed, text);
  },
});
