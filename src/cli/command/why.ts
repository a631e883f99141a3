// `ashlar why`: why a task ran, was restored, or would run.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { switchFlag, targetsParameter, taskFlags, taskRequest, type TaskFlags } from './flags.ts';

interface Flags extends TaskFlags {
  readonly json: boolean;
  readonly records: boolean;
  readonly offline: boolean;
}

export const whyCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'tell why tasks ran or were restored, or why they would run',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Compares each task of the targets with the nearest one that is known, and tells what changed: the',
      'variable, function, file, source or image, where it is set, and what it was. What follows from',
      'something else is led back to it.',
      '',
      'A target is a package, a variant of one (name:variant), or a task (name:build).',
    ].join('\n'),
  },
  parameters: {
    positional: targetsParameter('packages or tasks'),
    flags: {
      json: switchFlag('print an object: the root causes, and an entry for each task'),
      records: switchFlag(
        'print the records of the tasks and of all below, for "ashlar diff" elsewhere',
      ),
      offline: switchFlag('ask no mirror that needs the network'),
      ...taskFlags,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const [{ answerWhy }, { whyJson, whyText }] = await Promise.all([
      import('../why.ts'),
      import('../whytext.ts'),
    ]);
    const { store, tasks, records, diagnostics } = await answerWhy(
      {
        ...taskRequest(this, flags, targets),
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
