// `deploy`: everything that the tasks before it made for people, in one directory.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from '../../../base/diagnostic.ts';
import { onlyOutput, type StepKind } from './kind.ts';

export const deploy: StepKind = {
  version: 1,
  prepare(setup) {
    return {
      parameters: { inputs: [...setup.inputs.keys()].sort() },
      run: (context) => {
        const into = context.locate(onlyOutput(setup).at);
        for (const path of setup.inputs.values()) {
          const from = context.locate(path);
          for (const name of readdirSync(from)) {
            cpSync(join(from, name), join(into, name), { recursive: true, verbatimSymlinks: true });
          }
        }
        return Promise.resolve(ok(undefined));
      },
    };
  },
};
