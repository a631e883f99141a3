// `--help` of everything: the parser's own text, without what it says of every switch, that it is off
// unless it is given.
import { help, version, type ApplicationText, type StricliIntegration } from '@stricli/core';
import type { Context } from './context.ts';

/** How help is laid out: nobody's terminal has to be told apart for it. */
export const layout = {
  caseStyle: 'convert-camel-to-kebab',
  disableAnsiColor: true,
  onlyRequiredInUsageLine: true,
  useAliasInUsageLine: false,
  alwaysShowHelpAllFlag: false,
} as const;

/** The options that every command and group has: `--help`, and `--version` of the program itself. */
export function commonOptions(
  text: ApplicationText,
  currentVersion: string,
): Record<string, StricliIntegration<Context>> {
  const stock = help<Context>({
    brief: text.briefs.help,
    alias: 'h',
    defaultForRouteMap: true,
    includeHidden: false,
    formatting: layout,
  });
  return {
    help: {
      ...stock,
      flag: {
        ...stock.flag!,
        run(app, argv) {
          const { stdout, stderr } = this.process;
          const write = (said: string): void => stdout.write(withoutOff(said));
          return stock.flag!.run.call({ process: { stderr, stdout: { write } } }, app, argv);
        },
      },
    },
    version: version({ brief: text.briefs.version, info: { currentVersion }, alias: 'v' }),
  };
}

function withoutOff(text: string): string {
  return text.replaceAll(/ +\[default = false\]$/gm, '');
}
