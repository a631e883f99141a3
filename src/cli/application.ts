// The table of commands and what surrounds every one: parsing, exit status, the last word on bugs.
import { buildApplication, buildRouteMap, run, text_en, type Application } from '@stricli/core';
import { environmentError, formatDiagnostic, printable } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import { expectShortRun } from '../base/heap.ts';
import { commands } from './command/table.ts';
import { createContext, type Context } from './context.ts';
import { respell } from './flag.ts';
import { commonOptions } from './help.ts';
import { wording } from './wording.ts';

/** Shows where a bug of Ashlar's own is. Understood by every command, wherever it stands. */
const DEBUG = '--debug';

/** Runs the command line given (without node and the script). Sets the exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  // What is written must not depend on the user's own mask; sandboxes and archives rely on it.
  process.umask(0o022);
  const debug = argv.includes(DEBUG);
  // Also what happens in a callback, where no caller can catch it.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${bugText(error, debug)}\n`);
    process.exit(1);
  });
  const context = openContext();
  if (context === undefined) return;
  expectShortRun();
  await run(createApplication(debug), respell(argv.filter((word) => word !== DEBUG)), context);
  // Negative and unknown statuses are stricli's words for a bad command line.
  const status = Number(process.exitCode ?? 0);
  process.exitCode = status < 0 ? 2 : status;
}

/** Undefined, and told of, where somebody has removed the directory that the program was started in. */
function openContext(): Context | undefined {
  try {
    return createContext();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const gone = environmentError({
      code: 'cwd/gone',
      message: 'the working directory does not exist any more',
      hint: 'go to another one; if it was made anew, go there once more',
    });
    process.stderr.write(`${formatDiagnostic(gone)}\n`);
    process.exitCode = 3;
  }
}

/** All commands. `debug` shows where a bug of our own is. */
export function createApplication(debug: boolean): Application<Context> {
  const text = {
    ...text_en,
    ...wording,
    exceptionWhileRunningCommand: (error: unknown) => bugText(error, debug),
    exceptionWhileLoadingCommandFunction: (error: unknown) => bugText(error, debug),
    exceptionWhileLoadingCommandContext: (error: unknown) => bugText(error, debug),
  };
  return buildApplication(
    buildRouteMap({
      routes: commands,
      docs: { brief: 'builds trees of packages, and never the same thing twice' },
    }),
    {
      name: 'ashlar',
      scanner: { caseStyle: 'allow-kebab-for-camel' },
      localization: { text },
      determineExitCode: () => 1,
    },
    commonOptions(text, ASHLAR_VERSION),
  );
}

/** What went wrong was not foreseen: it is a bug, and says so in two lines. */
function bugText(error: unknown, debug: boolean): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (debug) return `error: a bug in Ashlar: ${stack}`;
  const message = error instanceof Error ? error.message : String(error);
  return [
    `error: a bug in Ashlar: ${printable(message.split('\n')[0]!)}`,
    `  hint: run it again with ${DEBUG}, and report what it says`,
  ].join('\n');
}
