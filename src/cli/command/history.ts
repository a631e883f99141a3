// `ashlar history`: the trees that builds recorded of a package.
import { relative } from 'node:path';
import { buildCommand } from '@stricli/core';
import { printable } from '../../base/diagnostic.ts';
import { shellLine } from '../../base/shell.ts';
import type { Context } from '../context.ts';
import { packagesFlag, switchFlag } from './flags.ts';

interface Flags {
  readonly json: boolean;
  readonly packages?: string;
}

export const historyCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: 'list the trees that builds with --trace recorded of a package',
    fullDescription: [
      'Each line is a commit in a git repository of the package: when it was made, of which task, under',
      'which key, and why. Any two can be compared with git diff.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'package, or a task of one', parse: String, placeholder: 'PACKAGE' }],
    },
    flags: {
      json: switchFlag('print an object'),
      packages: packagesFlag,
    },
  },
  async func(this: Context, flags, name): Promise<void> {
    const [{ answerHistory }, { packagesDirectory }, { dateText }] = await Promise.all([
      import('../history.ts'),
      import('../tree.ts'),
      import('../reporter/reason.ts'),
    ]);
    const directory = packagesDirectory({
      cwd: this.cwd,
      env: this.env,
      packages: flags.packages,
    });
    const { repository, recorded, diagnostics } = await answerHistory(directory, name);
    this.report(diagnostics);
    if (recorded.length === 0) return;
    if (flags.json) {
      const entries = recorded.map(({ atMs, ...entry }) => ({
        ...entry,
        at: new Date(atMs).toISOString(),
      }));
      this.print(`${JSON.stringify({ repository, recorded: entries }, undefined, 2)}\n`);
      return;
    }
    const width = Math.max(...recorded.map(({ task }) => task.length));
    for (const { atMs, task, key, commit, why } of recorded) {
      const parts = [
        dateText(atMs),
        printable(task).padEnd(width),
        key.slice(0, 12),
        commit.slice(0, 10),
      ];
      this.print(`${[...parts, printable(why)].join('  ')}\n`);
    }
    // The last two of one task say most about each other.
    const newest = recorded.find(
      ({ task }) => recorded.filter((one) => one.task === task).length > 1,
    );
    const [b, a] = newest === undefined ? [] : recorded.filter(({ task }) => task === newest.task);
    const words = [a, b].map((one) => one?.commit.slice(0, 10) ?? 'COMMIT');
    const shown = relative(this.cwd, repository);
    this.print(`compare any two: ${shellLine(['git', '-C', shown, 'diff', ...words])}\n`);
  },
});
