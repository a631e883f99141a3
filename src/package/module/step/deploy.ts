// `deploy`: everything that the tasks before it made for people, in one directory. Two of them may not have
// made the same path.
import { cpSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { buildError, failed, ok, type Diagnostic, type Result } from '../../../base/diagnostic.ts';
import type { StepContext } from '../../../task/task.ts';
import { onlyOutput, type StepKind, type StepSetup } from './kind.ts';

export const deploy: StepKind = {
  version: 1,
  needs: { output: 'tree' },
  sideBySide: true,
  prepare(setup) {
    return {
      parameters: { inputs: [...setup.inputs.keys()].sort() },
      run: (context) => Promise.resolve(run(context, setup)),
    };
  },
};

function run(context: StepContext, setup: StepSetup): Result<void> {
  const into = context.locate(onlyOutput(setup).at);
  const owners = new Map<string, string>();
  const problems: Diagnostic[] = [];
  const place = (from: string, inside: string, output: string): void => {
    for (const entry of readdirSync(join(from, inside), { withFileTypes: true })) {
      const path = posix.join(inside, entry.name);
      const target = join(into, path);
      const there = lstatSync(target, { throwIfNoEntry: false });
      if (entry.isDirectory() && (there === undefined || there.isDirectory())) {
        mkdirSync(target, { recursive: true });
        owners.set(path, owners.get(path) ?? output);
        place(from, path, output);
      } else if (there === undefined) {
        cpSync(join(from, path), target, { verbatimSymlinks: true });
        owners.set(path, output);
      } else {
        problems.push(
          buildError({
            code: 'deploy/conflict',
            message: `${setup.package.name} deploys ${path} twice: from the outputs ${owners.get(path)} and ${output}`,
            hint: 'give one of the files another name',
          }),
        );
      }
    }
  };
  for (const [output, path] of setup.inputs) place(context.locate(path), '', output);
  return problems.length > 0 ? failed(...problems) : ok(undefined);
}
