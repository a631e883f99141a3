// `ashlar generate`: Blueprints files to a Ninja manifest.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';

interface Flags {
  readonly source: string;
  readonly output: string;
  readonly root?: string;
  readonly list?: string;
  readonly logic?: string;
  readonly ignoreUnknownTypes: boolean;
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
      source: {
        kind: 'parsed',
        parse: String,
        default: '.',
        brief: 'the source root; paths in files are relative to it',
        placeholder: 'DIR',
      },
      output: {
        kind: 'parsed',
        parse: String,
        default: 'build.ninja',
        brief: 'the manifest; outputs of the stock module types go beside it',
        placeholder: 'FILE',
      },
      root: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'the top file of the tree, Blueprints unless given',
        placeholder: 'FILE',
      },
      list: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'a file with the paths of all Blueprints files, instead of following subdirs',
        placeholder: 'FILE',
      },
      logic: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief:
          'a JavaScript module that exports the build logic, instead of the stock module types',
        placeholder: 'FILE',
      },
      ignoreUnknownTypes: {
        kind: 'boolean',
        default: false,
        brief: 'leave out modules of unknown types',
      },
      fresh: { kind: 'boolean', default: false, brief: 'analyse everything' },
      checkGlobs: {
        kind: 'boolean',
        default: false,
        brief: 'only write down what globs match now, if that changed',
      },
      json: { kind: 'boolean', default: false, brief: 'print what was done as JSON' },
      quiet: { kind: 'boolean', default: false, brief: 'print only errors' },
    },
    aliases: { s: 'source', o: 'output', l: 'list' },
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
