// `ashlar verify`: whether tasks make the same when they run again.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import { EVERYTHING } from '../policy.ts';
import { switchFlag, targetsParameter, taskFlags, taskRequest, type TaskFlags } from './flags.ts';

interface Flags extends TaskFlags {
  readonly json: boolean;
  readonly offline: boolean;
}

export const verifyCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'run tasks a second time, and compare what they make',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Runs each task of the targets again with everything different that must not matter: another path,',
      'user, time, umask, order of files and number of processors, as far as this machine can vary them.',
      'Tells the first file that differs, and where in it. Results in the store are not touched.',
      '',
      'A target is a package, a variant of one (name:variant), or a task (name:build). Exit status: 1 when',
      'something is not reproducible.',
    ].join('\n'),
  },
  parameters: {
    positional: targetsParameter('packages or tasks'),
    flags: {
      json: switchFlag('print an object'),
      offline: switchFlag('download nothing'),
      ...taskFlags,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const [{ answerVerify }, text, { createReporter }, { painter }] = await Promise.all([
      import('../verify.ts'),
      import('../verifytext.ts'),
      import('../reporter/choose.ts'),
      import('../reporter/format.ts'),
    ]);
    const paint = painter(process.stdout.isTTY && !this.env['NO_COLOR']);
    const reporter = await createReporter({
      style: 'plain',
      write: (line) => void process.stderr.write(line),
      columns: () => process.stderr.columns,
      rows: () => process.stderr.rows,
      color: process.stderr.isTTY && !this.env['NO_COLOR'],
      cwd: this.cwd,
    });
    await interruptible(this, async (signal) => {
      const answer = await answerVerify(
        {
          ...taskRequest(this, flags, targets),
          offline: flags.offline,
          jobs: undefined,
          keepGoing: true,
          keepFailed: false,
          dryRun: false,
          bootstrap: false,
          repositoryUrl: undefined,
          verifySample: 0,
          trace: false,
          noop: false,
          policy: EVERYTHING,
        },
        {
          sink: (event) => {
            // What is there already is no news: only what has to be built first.
            if (event.type === 'build-end' && event.counts.ran + event.counts.failed === 0) return;
            reporter.event(event);
          },
          print: () => undefined,
          note: () => undefined,
          signal,
        },
        (verified) => {
          if (!flags.json) this.print(text.verdictText(verified, paint));
        },
      ).finally(reporter.close);
      this.report(answer.diagnostics);
      if (answer.verified.length > 0) {
        this.print(flags.json ? text.verifyJson(answer) : text.verifySummary(answer));
      }
      const bad = answer.verified.some(({ verdict }) =>
        ['different', 'failed'].includes(verdict.kind),
      );
      if (bad || answer.failed) {
        this.process.exitCode = Math.max(1, Number(this.process.exitCode ?? 0));
      }
    });
  },
});
