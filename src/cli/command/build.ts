// `ashlar build`: builds packages, restores them, or finds that there is nothing to do.
import { buildCommand, numberParser } from '@stricli/core';
import type { TaskWork } from '../../bootstrap/build.ts';
import { takeNoopKey } from '../../bootstrap/noopkey.ts';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import type { PackagesDone } from '../noop.ts';
import {
  switchFlag,
  targetsParameter,
  taskFlags,
  taskRequest,
  valueFlag,
  valuesFlag,
  type TaskFlags,
} from './flags.ts';

interface Flags extends TaskFlags {
  readonly jobs?: number;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  readonly offline: boolean;
  readonly dryRun: boolean;
  readonly noCache: boolean;
  readonly restoreOnly: boolean;
  readonly requireCached: boolean;
  readonly allow?: readonly string[];
  readonly force?: readonly string[];
  readonly from?: readonly string[];
  readonly json: boolean;
  readonly plain: boolean;
  readonly variant?: string;
  readonly bootstrap: boolean;
  readonly recursive: boolean;
  readonly repositoryUrl?: string;
  readonly trace: boolean;
  readonly verifySample?: number;
}

export const buildPackagesCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'build packages and what they require',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Builds the targets given (name, name:variant, or name:default) with all that they require; in the',
      'folder of a package, that package; otherwise every tree of the packages directory.',
      '',
      'Archives go to cache/packages in the packages directory. What was built before, here or in another',
      'checkout, is restored from the store.',
    ].join('\n'),
  },
  parameters: {
    positional: targetsParameter('packages to build'),
    flags: {
      jobs: {
        kind: 'parsed',
        parse: (text) => atLeastOne(numberParser(text)),
        brief: 'builds at once (as many as processors, unless given)',
        placeholder: 'N',
        optional: true,
      },
      keepGoing: switchFlag('after a failure, still build what does not need it'),
      keepFailed: switchFlag('keep the tree of a failed build, and tell how to enter it'),
      offline: switchFlag('download nothing'),
      dryRun: switchFlag('print the tasks that would run, and run none'),
      noCache: switchFlag(
        'run everything, whatever is on record; what is made is on record as ever',
      ),
      restoreOnly: switchFlag('put in place what is on record, and run nothing'),
      requireCached: switchFlag('fail where a task would run, and name each of them'),
      allow: valuesFlag('PATTERN', 'with --require-cached: these may run (* stands for anything)'),
      force: valuesFlag(
        'TASK',
        'run this task again, and what follows as far as its result differs',
      ),
      from: valuesFlag('TASK', 'run this task again, and all that follow in its package'),
      json: switchFlag('print events as JSON lines'),
      plain: switchFlag('one line for each task, also on a terminal'),
      variant: valueFlag('NAME', 'only this tree, or this variant of the packages named'),
      bootstrap: switchFlag('also make the bootstrap archive of each tree'),
      recursive: {
        kind: 'boolean',
        brief: 'as always: what is required is built as well',
        default: true,
        hidden: true,
      },
      repositoryUrl: valueFlag(
        'URL',
        'take finished packages from this repository where it has them',
      ),
      trace: switchFlag('record what each task leaves in a git repository of its package'),
      verifySample: {
        kind: 'parsed',
        parse: percent,
        brief: 'run so many percent of what ran again, and compare',
        placeholder: 'N%',
        optional: true,
      },
      ...taskFlags,
    },
    aliases: { j: 'jobs', k: 'keepGoing', n: 'dryRun' },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const [{ runBuild }, { createReporter }, { packagesDirectory }] = await Promise.all([
      import('../build.ts'),
      import('../reporter/choose.ts'),
      import('../tree.ts'),
    ]);
    const { stdout, stderr } = process;
    const key = takeNoopKey(this.env);
    const noopKey = mayBeSkipped(flags) ? key : undefined;
    const runTasks = async (work?: TaskWork): Promise<PackagesDone> => {
      const live = stderr.isTTY && !flags.plain && this.env['TERM'] !== 'dumb';
      const reporter = await createReporter({
        style: flags.json ? 'json' : live ? 'fancy' : 'plain',
        write: (text) => void (flags.json ? stdout : stderr).write(text),
        columns: () => stderr.columns,
        rows: () => stderr.rows,
        color: stderr.isTTY && !this.env['NO_COLOR'],
        cwd: this.cwd,
      });
      let done: PackagesDone = { status: 0, files: undefined };
      await interruptible(this, async (signal) => {
        const answer = await runBuild(
          {
            ...taskRequest(this, flags, work?.targets ?? targets),
            declared: work?.declared,
            variant: flags.variant === 'default' ? null : flags.variant,
            jobs: flags.jobs,
            keepGoing: flags.keepGoing,
            keepFailed: flags.keepFailed,
            offline: flags.offline,
            dryRun: flags.dryRun,
            bootstrap: flags.bootstrap,
            repositoryUrl: flags.repositoryUrl,
            policy: {
              force: flags.force ?? [],
              from: flags.from ?? [],
              ignoreCache: flags.noCache,
              restoreOnly: flags.restoreOnly,
              requireCached: flags.requireCached,
              allow: flags.allow ?? [],
            },
            verifySample: flags.verifySample ?? 0,
            trace: flags.trace,
            noop: noopKey !== undefined,
          },
          {
            sink: reporter.event,
            print: (text) => {
              if (!flags.json) this.print(text);
            },
            note: (text) => void stderr.write(text),
            signal,
          },
        ).finally(reporter.close);
        this.report(answer.diagnostics);
        const { status } = answer;
        done = { status, files: signal.aborted ? undefined : answer.files };
        this.process.exitCode = Math.max(status, Number(this.process.exitCode ?? 0));
      });
      return done;
    };
    const { buildBlueprints } = await import('../blueprint/build.ts');
    const built = await buildBlueprints(this, { ...flags, noopKey }, targets, runTasks);
    if (built === undefined) {
      const { buildPackages } = await import('../noop.ts');
      const directory = packagesDirectory({ ...this, packages: flags.packages });
      await buildPackages(directory, noopKey, runTasks);
      return;
    }
    this.report(built.diagnostics);
    this.process.exitCode = Math.max(built.status, Number(this.process.exitCode ?? 0));
  },
});

/** Whether a run with the same options can find that there is nothing to do. */
function mayBeSkipped(flags: Flags): boolean {
  const again = flags.noCache || [flags.force, flags.from].some((tasks) => tasks !== undefined);
  const more = flags.trace || flags.verifySample !== undefined || flags.packages !== undefined;
  return !again && !more && !flags.dryRun && !flags.json;
}

function atLeastOne(jobs: number): number {
  if (Number.isInteger(jobs) && jobs >= 1) return jobs;
  throw new SyntaxError('expected a whole number from 1');
}

function percent(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text);
  if (match !== null && Number(match[1]) <= 100) return Number(match[1]);
  throw new SyntaxError('expected a number from 0 to 100, as in 5%');
}
