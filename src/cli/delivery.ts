// Which outputs a build is asked for, and where in the packages directory each goes.
import { basename, join } from 'node:path';
import type { Definition } from '../package/definition.ts';
import { ACTIVE, BOOTSTRAP, bootstrapTask } from '../package/pipeline/bootstrap.ts';
import {
  archivePath,
  bootstrapPaths,
  deployedPath,
  imagePath,
} from '../package/pipeline/output.ts';
import { bootstrapId } from '../package/set.ts';
import type { Target } from '../task/node.ts';
import type { Task } from '../task/task.ts';
import type { Prepared } from './prepare.ts';

/** What is built of a package: its archives, and what it deploys beside them. */
export function packageTargets({ open, pipelines }: Prepared, definition: Definition): Target[] {
  const { archives, deployed } = pipelines.get(definition)!;
  const { directory } = open.tree;
  return [
    ...archives.map(({ name, id, task, output }) => ({
      task,
      deliveries: [{ output, path: archivePath(directory, { name, id }) }],
    })),
    ...deployed.map((task) => deployedTarget(directory, definition, task, deployed.length)),
  ];
}

/** One directory of deployed files is the package's own; several lie in it, by the names of the outputs. */
function deployedTarget(
  directory: string,
  definition: Definition,
  task: Task,
  count: number,
): Target {
  const base = deployedPath(directory, definition);
  const outputs = Object.entries(task.outputs);
  const alone = count === 1 && outputs.length === 1 && outputs[0]![1].kind === 'tree';
  const deliveries = outputs.map(([output, { at, kind }]) => {
    const path = alone ? base : join(base, kind === 'tree' ? output : basename(at));
    return { output, path };
  });
  return { task, deliveries };
}

/** The files of an image. */
export function imageTarget({ open }: Prepared, name: string, task: Task): Target {
  const directory = imagePath(open.tree.directory, name);
  const deliveries = Object.entries(task.outputs).map(([output, { at }]) => ({
    output,
    path: join(directory, basename(at)),
  }));
  return { task, deliveries };
}

export interface Bootstrap {
  readonly variant: string | null;
  readonly id: string;
  readonly task: Task;
}

/** The bootstraps of the trees that are built. */
export function bootstrapsOf({ open, selection, pipelines }: Prepared): Bootstrap[] {
  const { root } = open.tree.settings;
  return [...selection.trees].map(([variant, set]) => {
    const members = set.bootstrap.map((definition) => pipelines.get(definition)!);
    const id = bootstrapId(members.map(({ identity }) => identity.id));
    return { variant, id, task: bootstrapTask(id, variant, root, members) };
  });
}

export function bootstrapTarget({ open }: Prepared, { id, task }: Bootstrap): Target {
  const { archive, active } = bootstrapPaths(open.tree.directory, id);
  return {
    task,
    deliveries: [
      { output: BOOTSTRAP, path: archive },
      { output: ACTIVE, path: active },
    ],
  };
}
