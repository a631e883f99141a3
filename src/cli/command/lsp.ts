// `ashlar lsp`: the language server for editors, over standard input and output.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';

interface Flags {
  readonly stdio: boolean;
}

export const lspCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'serve editors: diagnostics, formatting, completion and more for Blueprints files',
    fullDescription: 'Speaks the Language Server Protocol over standard input and output.',
  },
  parameters: {
    flags: {
      stdio: { kind: 'boolean', default: true, brief: 'what editors pass; it is the only way' },
    },
  },
  loader: async () => {
    const { serveEditor } = await import('../lsp/server.ts');
    return async function (): Promise<void> {
      serveEditor(process.stdin, process.stdout);
      // The connection ends the process when the editor says so, or goes away.
      await new Promise(() => undefined);
    };
  },
});
