// `ashlar lsp`: the language server for editors, over standard input and output.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { valueFlag } from './flags.ts';

interface Flags {
  readonly logic?: string;
  readonly stdio: boolean;
}

export const lspCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'serve editors: diagnostics, formatting, completion and more for Blueprints files',
    fullDescription: [
      'Speaks the Language Server Protocol over standard input and output.',
      'Completion knows the stock module types, and what the files use; with --logic those of the tree,',
      'and then modules are also checked against them.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      logic: valueFlag('FILE', 'a JavaScript module that exports the build logic of the tree'),
      stdio: { kind: 'boolean', default: true, brief: 'what editors pass; it is the only way' },
    },
  },
  loader: async () => {
    const { serveEditor } = await import('../lsp/server.ts');
    const { loadLogic } = await import('../blueprint/logic.ts');
    return async function (this: Context, flags: Flags): Promise<void> {
      const loaded = await loadLogic(this.cwd, flags.logic, 'out');
      if (!loaded.ok) return this.report(loaded.diagnostics);
      const types = loaded.value.logic.flatMap(({ moduleTypes = [] }) => moduleTypes);
      serveEditor(process.stdin, process.stdout, { types, complete: flags.logic !== undefined });
      // The connection ends the process when the editor says so, or goes away.
      await new Promise(() => undefined);
    };
  },
});
