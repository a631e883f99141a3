// How a change of the active set is told: what came, what went, and which generation is current.
import type { Activation } from '../../../install/activation.ts';
import type { Root } from '../../../install/root.ts';
import type { Context } from '../../context.ts';

/** Prints a change; `verb` says what made it: `activated`, `back at`. */
export function printActivation(
  context: Context,
  root: Root,
  activation: Activation,
  verb: string,
): void {
  const { generation, packages, added, removed, changed, warnings } = activation;
  for (const id of removed) context.print(`- ${id}\n`);
  for (const id of added) context.print(`+ ${id}\n`);
  const count = packages.length === 1 ? '1 package' : `${packages.length} packages`;
  const what = `generation ${generation} of ${root.path}, ${count}`;
  context.print(changed ? `${verb} ${what}\n` : `nothing to do: ${what}\n`);
  context.report(warnings);
}
