// `ashlar log`: what a package's build printed.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { targetsParameter, taskFlags, taskRequest, valueFlag, type TaskFlags } from './flags.ts';

interface Flags extends TaskFlags {
  readonly task?: string;
}

export const logCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'print what the build of a package printed',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Prints the log of the last time that a task of the target ran here; where its result was restored,',
      'the log that the result came with.',
      '',
      'A target is a package, a variant of one (name:variant), or a task (name:build).',
    ].join('\n'),
  },
  parameters: {
    positional: targetsParameter('packages or tasks'),
    flags: {
      task: valueFlag(
        'NAME',
        'the task; its build unless given, or all of a package that has no such task',
      ),
      ...taskFlags,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const { findLogs } = await import('../log.ts');
    const { logs, diagnostics } = await findLogs(
      {
        ...taskRequest(this, flags, targets),
        task: flags.task,
      },
      new AbortController().signal,
    );
    // Of several, a heading with nothing below it says nothing.
    const said = logs.length > 1 ? logs.filter(({ content }) => content.length > 0) : logs;
    for (const { task, content } of said) {
      if (logs.length > 1) this.print(`==> ${task} <==\n`);
      process.stdout.write(content);
    }
    this.report(diagnostics);
  },
});
