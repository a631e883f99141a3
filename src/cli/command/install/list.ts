// `ashlar list`: the packages of a root's repository, the versions of one name together.
import { buildCommand } from '@stricli/core';
import type { InventoryEntry } from '../../../install/inventory.ts';
import type { Context } from '../../context.ts';
import { openRoot, rootFlag, type RootFlags } from './flags.ts';
import { jsonFlag } from '../flags.ts';

interface Flags extends RootFlags {
  readonly json: boolean;
}

export const listCommand = buildCommand<Flags, [], Context>({
  docs: { brief: 'print the packages of a root, active or not' },
  parameters: { flags: { root: rootFlag, json: jsonFlag } },
  async func(this: Context, flags): Promise<void> {
    const { inventory } = await import('../../../install/inventory.ts');
    const root = await openRoot(this, flags);
    const result = root.ok ? inventory(root.value) : root;
    if (!result.ok) return this.report(result.diagnostics);
    if (flags.json) this.print(`${JSON.stringify({ packages: result.value }, null, 2)}\n`);
    else this.print(grouped(result.value));
  },
});

/** A name with one version is told by its id; one with more heads the list of its versions. */
function grouped(entries: readonly InventoryEntry[]): string {
  const byName = new Map<string, InventoryEntry[]>();
  for (const entry of entries) byName.set(entry.name, [...(byName.get(entry.name) ?? []), entry]);
  let text = '';
  for (const [name, versions] of byName) {
    if (versions.length === 1) text += `${versions[0]!.id}\n`;
    else text += `${name}:\n${versions.map(({ version }) => `  ${version}\n`).join('')}`;
  }
  return text;
}
