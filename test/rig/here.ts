// A command in the process of the test, where only its answer counts: most of what a run of the program costs is its
// start. Whatever depends on the process itself (signals, the launcher, closed streams) needs the program.
import { run } from '@stricli/core';
import { vi } from 'vitest';
import { createApplication } from '../../src/cli/application.ts';
import { createContext, type Program } from '../../src/cli/context.ts';
import { respell } from '../../src/cli/flag.ts';
import type { Run } from './program.ts';

vi.stubGlobal('ASHLAR_VERSION', '0.0.0');

/** Runs a command to its end, as the program would. */
export async function runHere(
  argv: readonly string[],
  where: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Run> {
  let [stdout, stderr] = ['', ''];
  const program: Program = {
    cwd: () => where.cwd,
    env: where.env,
    exitCode: undefined,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  };
  await run(createApplication(false), respell(argv), createContext(program));
  const status = Number(program.exitCode ?? 0);
  return { status: status < 0 ? 2 : status, stdout, stderr };
}
