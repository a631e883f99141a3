// `ashlar why`: why a task ran, was restored, or would run.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { imageIdFlag, packagesFlag, sandboxFlag } from './flags.ts';

interface Flags {
  readonly json: boolean;
  readonly records: boolean;
  readonly offline: boolean;
  readonly packages?: string;
  readonly imageId?: readonly string[];
  readonly sandbox: string;
}

export const whyCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'tell why tasks ran or were restored, or why they would run',
    fullDescription: [
      'Compares each task of the targets with the nearest one that is known, and tells what changed: the',
      'variable, function, file, source or image, where it is set, and what it was. What follows from',
      'something else is led back to it.',
      '',
      'A target is a package, a variant of one (name:variant), or a task (name:build).',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'packages or tasks', parse: String, placeholder: 'TARGET' },
    },
    flags: {
      json: {
        kind: 'boolean',
        brief: 'print an array with one entry for each task',
        default: false,
        withNegated: false,
      },
      records: {
        kind: 'boolean',
        brief: 'print the records of the tasks and of all below, for "ashlar diff" elsewhere',
        default: false,
        withNegated: false,
      },
      offline: {
        kind: 'boolean',
        brief: 'ask no mirror that needs the network',
        default: false,
        withNegated: false,
      },
      packages: packagesFlag,
      imageId: imageIdFlag,
      sandbox: sandboxFlag,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const [{ answerWhy }, { whyJson, whyText }] = await Promise.all([
      import('../why.ts'),
      import('../whytext.ts'),
    ]);
    const { store, tasks, records, diagnostics } = await answerWhy(
      {
        cwd: this.cwd,
        env: this.env,
        packages: flags.packages,
        targets,
        imageIds: flags.imageId ?? [],
        variant: undefined,
        sandbox: flags.sandbox,
        offline: true,
        records: flags.records,
        askNetwork: !flags.offline,
      },
      new AbortController().signal,
    );
    this.report(diagnostics);
    if (records !== undefined) this.print(records);
    if (store === undefined || tasks.length === 0) return;
    this.print(flags.json ? whyJson(tasks) : whyText(tasks, { store, cwd: this.cwd }));
  },
});
