// What every command is given: streams, the working directory, the environment. Commands return what
// they found and print through this; nothing below cli/ writes to the terminal.
import {
  exitStatus,
  formatDiagnostic,
  sortDiagnostics,
  type Diagnostic,
} from '../base/diagnostic.ts';
import type { CommandContext, StricliProcess } from '@stricli/core';

export interface Context extends CommandContext {
  readonly process: StricliProcess;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes text to standard output as it is. */
  print(text: string): void;
  /** Prints diagnostics to standard error, sorted by place, and sets the exit status they ask for. */
  report(diagnostics: readonly Diagnostic[]): void;
}

/** What a context is made of: the process, for the program. */
export type Program = Pick<NodeJS.Process, 'cwd' | 'env' | 'exitCode'> &
  Record<'stdout' | 'stderr', { write(text: string): unknown }>;

export function createContext(program: Program = process): Context {
  return {
    process: program as StricliProcess,
    cwd: program.cwd(),
    env: program.env,
    print: (text) => void program.stdout.write(text),
    report: (diagnostics) => {
      // What is wrong in all variants of a package is told once.
      for (const text of new Set(
        sortDiagnostics(diagnostics).map((one) => formatDiagnostic(one)),
      )) {
        program.stderr.write(`${text}\n`);
      }
      const status = Math.max(exitStatus(diagnostics), Number(program.exitCode ?? 0));
      program.exitCode = status;
    },
  };
}
