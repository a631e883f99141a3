// The task that turns a built package into the archive that repositories hand out: checked, owned by
// root, and the same bytes for the same files.
import { posix } from 'node:path';
import { buildError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { packArchive } from '../../format/archive.ts';
import type { Identity } from '../ids.ts';
import type { StepContext, Task } from '../../task/task.ts';
import { spell } from '../variant.ts';
import { PACKAGE } from './build.ts';
import { reservedUnits } from './units.ts';

const IN = '/in/package';

/** The name of the output: the archive. */
export const ARCHIVE = 'archive';

/** `write_tar`: packs what a build task left. Errors of the step: `package/reserved-unit`, `fs/*`. */
export function archiveTask(identity: Identity, build: Task): Task {
  const { definition, id } = identity;
  const at = posix.join('/out', `${id}.tar.xz`);
  return {
    name: `${spell(definition)}:write_tar`,
    work: {
      kind: 'step',
      name: 'write_tar',
      version: 1,
      parameters: { compression: 'xz' },
      run: (context) => writeTar(context, id, at),
    },
    variables: {},
    volatile: {},
    directories: [
      { at: '/in', writable: false },
      { at: '/out', writable: true },
    ],
    inputs: [{ kind: 'output', at: IN, task: build, output: PACKAGE }],
    outputs: { [ARCHIVE]: { at, kind: 'file' } },
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

async function writeTar(context: StepContext, id: string, at: string): Promise<Result<void>> {
  const reserved = reservedUnits(context.locate(IN));
  if (reserved.length > 0) {
    return failed(
      buildError({
        code: 'package/reserved-unit',
        message: `${id} brings units with reserved names: ${reserved.join(', ')}`,
        hint: 'these belong to the installation itself; name the units after the package',
      }),
    );
  }
  const packed = await packArchive(context.locate(IN), context.locate(at), {
    codec: 'xz',
    signal: context.signal,
  });
  return packed.ok ? ok(undefined) : packed;
}
