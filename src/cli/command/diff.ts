// `ashlar diff`: what two tasks, trees, records or keys differ in.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { switchFlag, taskFlags, taskRequest, type TaskFlags } from './flags.ts';

interface Flags extends TaskFlags {
  readonly json: boolean;
}

export const diffCommand = buildCommand<Flags, [string, string], Context>({
  docs: {
    brief: 'tell what two tasks, trees or keys differ in',
    fullDescription: [
      'A and B are each a target of this tree (name, name:variant, name:task), a directory with another',
      'tree (with a slash in it: ../other/), a file of records ("ashlar why TARGET --records" makes one, on',
      'any machine), or a task key or its beginning.',
      '',
      'What differs is led back to what differs of itself. Exit status: 0 no difference, 1 some.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'target, tree, file or key', parse: String, placeholder: 'A' },
        { brief: 'target, tree, file or key', parse: String, placeholder: 'B' },
      ],
    },
    flags: {
      json: switchFlag('print an object'),
      ...taskFlags,
    },
  },
  async func(this: Context, flags, a, b): Promise<void> {
    const [{ answerDiff }, { diffJson, diffText, isDifferent }] = await Promise.all([
      import('../diff.ts'),
      import('../difftext.ts'),
    ]);
    const answer = await answerDiff(
      {
        ...taskRequest(this, flags, []),
        words: [a, b],
      },
      new AbortController().signal,
    );
    this.report(answer.diagnostics);
    const { store } = answer;
    if (store === undefined || answer.pairs.length + answer.onlyA.length === 0) return;
    this.print(flags.json ? diffJson(answer) : diffText(answer, { store, cwd: this.cwd }));
    if (isDifferent(answer)) {
      this.process.exitCode = Math.max(1, Number(this.process.exitCode ?? 0));
    }
  },
});
