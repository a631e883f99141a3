// `ashlar log`: what a package's build printed.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { imageIdFlag, packagesFlag, sandboxFlag } from './flags.ts';

interface Flags {
  readonly task?: string;
  readonly packages?: string;
  readonly imageId?: readonly string[];
  readonly sandbox: string;
}

export const logCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'print what the build of a package printed',
    fullDescription: [
      'Prints the log of the last time that a task of the target ran here; where its result was restored,',
      'the log that the result came with.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'packages', parse: String, placeholder: 'TARGET' },
    },
    flags: {
      task: {
        kind: 'parsed',
        parse: String,
        brief: 'the task; its build unless given, or all of a package that has no such task',
        placeholder: 'NAME',
        optional: true,
      },
      packages: packagesFlag,
      imageId: imageIdFlag,
      sandbox: sandboxFlag,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const { findLogs } = await import('../log.ts');
    const { logs, diagnostics } = await findLogs(
      {
        cwd: this.cwd,
        env: this.env,
        packages: flags.packages,
        targets,
        imageIds: flags.imageId ?? [],
        variant: undefined,
        sandbox: flags.sandbox,
        offline: true,
        task: flags.task,
      },
      new AbortController().signal,
    );
    for (const { task, content } of logs) {
      if (logs.length > 1) this.print(`==> ${task} <==\n`);
      process.stdout.write(content);
    }
    this.report(diagnostics);
  },
});
