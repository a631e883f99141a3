// `ashlar build`: builds packages, restores them, or finds that there is nothing to do.
import { buildCommand, numberParser } from '@stricli/core';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import { imageIdFlag, packagesFlag, sandboxFlag } from './flags.ts';

interface Flags {
  readonly jobs?: number;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  readonly sandbox: string;
  readonly offline: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly plain: boolean;
  readonly variant?: string;
  readonly bootstrap: boolean;
  readonly recursive: boolean;
  readonly repositoryUrl?: string;
  readonly packages?: string;
  readonly imageId?: readonly string[];
}

export const buildPackagesCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'build packages and what they require',
    fullDescription: [
      'Builds the targets given (name, name:variant, or name:default) with all that they require; in the',
      'folder of a package, that package; otherwise every tree of the packages directory.',
      '',
      'Archives go to cache/packages in the packages directory. What was built before, here or in another',
      'checkout, is restored from the store.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'packages to build', parse: String, placeholder: 'TARGET' },
    },
    flags: {
      jobs: {
        kind: 'parsed',
        parse: (text) => atLeastOne(numberParser(text)),
        brief: 'builds at once (as many as processors, unless given)',
        placeholder: 'N',
        optional: true,
      },
      keepGoing: {
        kind: 'boolean',
        brief: 'after a failure, still build what does not need it',
        default: false,
        withNegated: false,
      },
      keepFailed: {
        kind: 'boolean',
        brief: 'keep the tree of a failed build, and tell how to enter it',
        default: false,
        withNegated: false,
      },
      sandbox: sandboxFlag,
      offline: {
        kind: 'boolean',
        brief: 'download nothing',
        default: false,
        withNegated: false,
      },
      dryRun: {
        kind: 'boolean',
        brief: 'print the tasks that would run, and run none',
        default: false,
        withNegated: false,
      },
      json: {
        kind: 'boolean',
        brief: 'print events as JSON lines',
        default: false,
        withNegated: false,
      },
      plain: {
        kind: 'boolean',
        brief: 'one line for each task, also on a terminal',
        default: false,
        withNegated: false,
      },
      variant: {
        kind: 'parsed',
        parse: String,
        brief: 'only this tree, or this variant of the packages named',
        placeholder: 'NAME',
        optional: true,
      },
      bootstrap: {
        kind: 'boolean',
        brief: 'also make the bootstrap archive of each tree',
        default: false,
        withNegated: false,
      },
      recursive: {
        kind: 'boolean',
        brief: 'as always: what is required is built as well',
        default: true,
        hidden: true,
      },
      repositoryUrl: {
        kind: 'parsed',
        parse: String,
        brief: 'take finished packages from this repository where it has them',
        placeholder: 'URL',
        optional: true,
      },
      packages: packagesFlag,
      imageId: imageIdFlag,
    },
    aliases: { j: 'jobs', k: 'keepGoing', n: 'dryRun' },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const [{ runBuild }, { createReporter }] = await Promise.all([
      import('../build.ts'),
      import('../reporter/choose.ts'),
    ]);
    const { stdout, stderr } = process;
    const blueprints = await import('../blueprint/build.ts');
    const ofRules = await blueprints.buildRules(this, flags, targets);
    if (ofRules !== undefined) {
      this.report(ofRules.diagnostics);
      this.process.exitCode = Math.max(ofRules.status, Number(this.process.exitCode ?? 0));
      const go = ofRules.status === 0 || flags.keepGoing;
      if (ofRules.packages === undefined || !go) return;
    }
    const live = stderr.isTTY && !flags.plain && this.env['TERM'] !== 'dumb';
    const reporter = await createReporter({
      style: flags.json ? 'json' : live ? 'fancy' : 'plain',
      write: (text) => void (flags.json ? stdout : stderr).write(text),
      columns: () => stderr.columns,
      color: stderr.isTTY && !this.env['NO_COLOR'],
      cwd: this.cwd,
    });
    await interruptible(this, async (signal) => {
      const answer = await runBuild(
        {
          cwd: this.cwd,
          env: this.env,
          packages: flags.packages,
          targets: ofRules?.packages?.targets ?? targets,
          declared: ofRules?.packages?.declared,
          imageIds: flags.imageId ?? [],
          variant: flags.variant === 'default' ? null : flags.variant,
          jobs: flags.jobs,
          keepGoing: flags.keepGoing,
          keepFailed: flags.keepFailed,
          sandbox: flags.sandbox,
          offline: flags.offline,
          dryRun: flags.dryRun,
          bootstrap: flags.bootstrap,
          repositoryUrl: flags.repositoryUrl,
        },
        {
          sink: reporter.event,
          print: (text) => {
            if (!flags.json || flags.dryRun) this.print(text);
          },
          signal,
        },
      ).finally(reporter.close);
      this.report(answer.diagnostics);
      this.process.exitCode = Math.max(answer.status, Number(this.process.exitCode ?? 0));
    });
  },
});

function atLeastOne(jobs: number): number {
  if (Number.isInteger(jobs) && jobs >= 1) return jobs;
  throw new SyntaxError('expected a whole number from 1');
}
