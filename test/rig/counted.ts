// A rig in which it is known whether a build started Node, and in which the launcher can be killed at any program that
// it calls to put outputs back.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRig, type Rig, type Run } from './program.ts';

/** What the launcher calls while it puts back. */
const PROGRAMS = 'sha256sum ls cmp xargs stat tar cat mv sleep touch mkdir rm ninja'.split(' ');

export interface CountedRig extends Disposable {
  readonly rig: Rig;
  /** Builds, and tells whether Node was started for it. */
  build(argv?: readonly string[], env?: Readonly<Record<string, string>>): CountedRun;
  /** Removes outputs, by their names in the packages directory. */
  drop(...names: readonly string[]): void;
  /** Builds until there is a record of what lies here, by which all these outputs are put back. */
  settle(...names: readonly string[]): void;
  /** Builds, and kills the launcher when it calls that many programs (from 1). Tells whether it came to its end before. */
  killedAt(call: number): boolean;
  /** The programs that were called then. */
  called(): readonly string[];
}

export interface CountedRun extends Run {
  readonly started: boolean;
}

export function createCountedRig(): CountedRig {
  const rig = createRig();
  const nodeLog = join(rig.directory, 'node.log');
  const callLog = join(rig.directory, 'call.log');
  const bin = join(rig.directory, 'bin');
  mkdirSync(bin);
  const write = (name: string, lines: readonly string[]): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines.join('\n')}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write('counting-node', [`echo started >>'${nodeLog}'`, `exec '${process.execPath}' "$@"`]);
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  for (const name of PROGRAMS) {
    write(name, [
      'if [ -n "$KILL_AT" ]; then',
      `  echo ${name} >>'${callLog}'`,
      `  [ "$(/usr/bin/wc -l <'${callLog}')" -lt "$KILL_AT" ] || kill -9 0`,
      'fi',
      `PATH='${path}'`,
      `exec ${name} "$@"`,
    ]);
  }
  Object.assign(rig.env, { ASHLAR_NODE: join(bin, 'counting-node'), PATH: `${bin}:${path}` });
  const build: CountedRig['build'] = (argv = [], env = {}) => {
    rmSync(nodeLog, { force: true });
    const run = rig.run(['build', ...argv], { env });
    return { ...run, started: existsSync(nodeLog) };
  };
  const drop: CountedRig['drop'] = (...names) => {
    for (const name of names) rmSync(join(rig.packages, name), { recursive: true, force: true });
  };
  return {
    rig,
    build,
    drop,
    settle: (...names) => {
      for (let i = 0; i < 5; i++) {
        if (build().started) continue;
        drop(...names);
        if (!build().started) return;
      }
      throw new Error('it is never put back by the launcher');
    },
    killedAt: (call) => {
      rmSync(callLog, { force: true });
      return rig.shell(`KILL_AT=${call} setsid -w "$0" build`).status === 0;
    },
    called: () => readFileSync(callLog, 'utf8').trim().split('\n'),
    [Symbol.dispose]: () => rig[Symbol.dispose](),
  };
}
