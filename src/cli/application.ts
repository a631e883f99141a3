// The table of commands and what surrounds every one: parsing, exit status, the last word on bugs.
import { buildApplication, buildRouteMap, run } from '@stricli/core';
import { commands } from './command/table.ts';
import { createContext } from './context.ts';
import { respell } from './flag.ts';

/** Runs the command line given (without node and the script). Sets the exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const application = buildApplication(
    buildRouteMap({
      routes: commands,
      docs: { brief: 'builds trees of packages, and never the same thing twice' },
    }),
    {
      name: 'ashlar',
      versionInfo: { currentVersion: ASHLAR_VERSION },
      scanner: { caseStyle: 'allow-kebab-for-camel' },
      documentation: { disableAnsiColor: true },
    },
  );
  const context = createContext();
  await run(application, respell(argv), context);
  // Negative and unknown statuses are stricli's words for a bad command line.
  const status = Number(process.exitCode ?? 0);
  process.exitCode = status < 0 ? 2 : status;
}
