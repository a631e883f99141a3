// What the task engine borrows from the layers above it: link farms from install/, source archives from
// format/.
import { ok } from '../base/diagnostic.ts';
import { extractSource } from '../format/source.ts';
import { buildFarm } from '../install/view.ts';
import type { StageHooks } from '../task/stage.ts';

export function stageHooks(signal: AbortSignal): StageHooks {
  return {
    activate: (packages, prefix, into) => Promise.resolve(buildFarm({ packages, prefix }, into)),
    unpack: async (archive, name, into) => {
      const extracted = await extractSource(archive, name, into, { signal });
      return extracted.ok ? ok(undefined) : extracted;
    },
  };
}
