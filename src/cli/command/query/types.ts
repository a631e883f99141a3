// `ashlar query types`: which module types the build logic has, and their properties.
import { buildCommand } from '@stricli/core';
import { definitionError } from '../../../base/diagnostic.ts';
import type { Context } from '../../context.ts';
import { json, take } from './flags.ts';
import { switchFlag } from '../flags.ts';
import { treeFlags } from '../sourcetree.ts';

interface Flags {
  readonly logic?: string;
  readonly json: boolean;
  readonly markdown: boolean;
}

export const typesQuery = buildCommand<Flags, string[], Context>({
  docs: {
    brief: 'list module types, or describe some of them with all their properties',
    customUsage: ['[TYPE...]', 'cc_library --json', '--markdown'],
  },
  parameters: {
    flags: {
      logic: treeFlags.logic,
      json: switchFlag('print a JSON Schema'),
      markdown: switchFlag('print a reference in Markdown'),
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'a module type; all unless given', parse: String, placeholder: 'TYPE' },
    },
  },
  async func(this: Context, flags, ...names): Promise<void> {
    if (flags.json && flags.markdown) {
      const message = '--json and --markdown exclude each other';
      return this.report([definitionError({ code: 'query/usage', message })]);
    }
    const { loadLogic } = await import('../../blueprint/logic.ts');
    const loaded = take(this, await loadLogic(this.cwd, flags.logic, 'out'));
    if (loaded === undefined) return;
    const reference = await import('../../query/reference.ts');
    const all = loaded.logic.flatMap(({ moduleTypes = [] }) => moduleTypes);
    const types = take(this, reference.findTypes(all, names));
    if (types === undefined) return;
    if (flags.json) this.print(json(reference.typesSchema(types)));
    else if (flags.markdown) this.print(reference.typesMarkdown(types));
    else this.print(reference.typesText(types, names.length > 0));
  },
});
