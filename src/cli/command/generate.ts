// `ashlar generate`: Blueprints files to a Ninja manifest.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { switchFlag } from './flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from './sourcetree.ts';

interface Flags extends TreeFlags {
  readonly output: string;
  readonly fresh: boolean;
  readonly checkGlobs: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export const generateCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'make a Ninja manifest from Blueprints files',
    fullDescription: [
      'Reads the tree from its root file on, along subdirs, and writes the manifest; after that, run ninja.',
      'Only what changed since the last time is analysed again; with nothing changed, nothing is.',
      '',
      'Beside the manifest, .ashlar/NAME.generator is a manifest that brings this one up to date: run',
      'ninja on it first, and the generator is only started where something it read has changed.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...treeFlags,
      output: {
        kind: 'parsed',
        parse: String,
        default: 'build.ninja',
        brief: 'the manifest; outputs of the stock module types go beside it',
        placeholder: 'FILE',
      },
      fresh: switchFlag('analyse everything'),
      checkGlobs: switchFlag('only write down what globs match now, if that changed'),
      json: switchFlag('print what was done as JSON'),
      quiet: switchFlag('print only errors'),
    },
    aliases: { ...treeAliases, o: 'output' },
  },
  async func(this: Context, flags): Promise<void> {
    const { answerGenerate } = await import('../blueprint/generate.ts');
    const { generated, diagnostics } = await answerGenerate({
      ...flags,
      cwd: this.cwd,
      root: flags.root,
      list: flags.list,
      logic: flags.logic,
    });
    this.report(diagnostics);
    if (generated === undefined || flags.quiet) return;
    const { warnings: _, ...facts } = generated;
    if (flags.json) {
      this.print(`${JSON.stringify(facts)}\n`);
      return;
    }
    const { analysed, modules, analysedModules, changed } = facts;
    const what = analysed === 'part' ? `${analysedModules} of ${modules}` : String(modules);
    this.print(
      analysed === 'nothing'
        ? `${flags.output} is up to date: ${modules} modules\n`
        : `${flags.output} is ${changed ? 'written' : 'unchanged'}: ${what} modules analysed\n`,
    );
  },
});
