// One package of a preset, built by the real program, and what came of it.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Rig } from './program.ts';

export const HELLO_C = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';

/** The path of its archive. */
export function archiveOf(
  rig: Rig,
  properties: string,
  files: Readonly<Record<string, string>>,
): string {
  rig.write({ Blueprints: `package { name: "p", version: "1.0", ${properties} }\n`, ...files });
  const run = rig.run(['build', 'p']);
  if (run.status !== 0) throw new Error(run.stderr);
  return join(rig.packages, `cache/packages/p/${rig.read('cache/packages/p/latest')}.tar.xz`);
}

/** The files of an archive. */
export function listed(archive: string): string[] {
  const text = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '' && !line.endsWith('/'));
}

/** What a program of the archive prints. */
export function runs(rig: Rig, archive: string, program: string): string {
  const into = join(rig.directory, 'unpacked');
  mkdirSync(into);
  execFileSync('tar', ['-xf', archive, '-C', into]);
  return execFileSync(join(into, program), { encoding: 'utf8' });
}
