// The bootstrap of a tree: one archive of a whole root, its packages unpacked and active, for hosts that
// have nothing yet.
import { writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ok, type Result } from '../../base/diagnostic.ts';
import { formatJson } from '../../base/jsontext.ts';
import { packArchive } from '../../format/archive.ts';
import { activate } from '../../install/activate.ts';
import { rootAt } from '../../install/root.ts';
import type { StepContext, Task } from '../../task/task.ts';
import { spell } from '../variant.ts';
import type { Pipeline } from './pipeline.ts';

/** Names of the outputs. */
export const BOOTSTRAP = 'bootstrap';
export const ACTIVE = 'active';

/**
 * `bootstrap`: packs `<root>` as it is on a host after these packages were installed and activated, with
 * an empty file `bootstrap`; and beside it the list of active ids. Errors of the step: those of `activate`.
 */
export function bootstrapTask(
  id: string,
  variant: string | null,
  root: string,
  pipelines: readonly Pipeline[],
): Task {
  const ids = pipelines.map(({ identity }) => identity.id).sort();
  const archive = posix.join('/out', `${id}.bootstrap.tar.xz`);
  const active = posix.join('/out', `${id}.active.json`);
  return {
    name: `${spell({ name: 'bootstrap', variant })}:pack`,
    work: {
      kind: 'step',
      name: 'bootstrap',
      version: 1,
      parameters: { root, ids },
      run: (context) => packBootstrap(context, { root, ids, archive, active }),
    },
    variables: {},
    volatile: {},
    directories: [
      { at: root, writable: true },
      { at: '/out', writable: true },
    ],
    inputs: pipelines.flatMap(({ identity, files }) =>
      files === undefined
        ? []
        : [{ kind: 'output', at: posix.join(root, 'packages', identity.id), ...files }],
    ),
    outputs: {
      [BOOTSTRAP]: { at: archive, kind: 'file' },
      [ACTIVE]: { at: active, kind: 'file' },
    },
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

async function packBootstrap(
  context: StepContext,
  {
    root,
    ids,
    archive,
    active,
  }: { root: string; ids: readonly string[]; archive: string; active: string },
): Promise<Result<void>> {
  const directory = context.locate(root);
  const place = rootAt(directory);
  if (!place.ok) return place;
  const activated = await activate(place.value, ids, { prefix: root, signal: context.signal });
  if (!activated.ok) return activated;
  writeFileSync(join(directory, 'bootstrap'), '');
  writeFileSync(context.locate(active), formatJson(ids));
  const packed = await packArchive(directory, context.locate(archive), {
    codec: 'xz',
    signal: context.signal,
  });
  return packed.ok ? ok(undefined) : packed;
}
