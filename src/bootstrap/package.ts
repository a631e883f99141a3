// The Ninja names that all bootstrap modules share. Whoever imports this package context writes paths below
// the build directory as `${bootstrap.BuildDir}/…`, and words of commands as `${bootstrap.BuildDirWord}/…`.
import { ninjaEscape, packageContext, shellEscapeIncludingSpaces } from '../blueprint/api.ts';
import type { PackageContext } from '../blueprint/api.ts';
import { bootstrapOf, type BootstrapSettings } from './config.ts';
import { optionalPlaceholder, placeholder, wordPlaceholder } from './template.ts';

export const bootstrapPackage = packageContext('ashlar/bootstrap');

/**
 * Defines two variables for a value of the machine: `Name`, and `NameWord` for commands. In the template
 * they hold placeholders, elsewhere the value. A value that is missing is an error where it is used.
 */
export function machineVariable(
  scope: PackageContext,
  name: string,
  value: (config: unknown) => string | undefined = (config) => bootstrapOf(config).tools[name],
): void {
  const variable = (suffix: string, template: string, quote: (text: string) => string): void => {
    scope.variable(`${name}${suffix}`, (config: unknown) => {
      if (bootstrapOf(config).stage === 'bootstrap') return template;
      const found = value(config);
      if (found === undefined || found === '')
        throw new Error(`${name} was not found on this machine`);
      return ninjaEscape(quote(found));
    });
  };
  variable('', placeholder(name), (text) => text);
  variable('Word', wordPlaceholder(name), shellEscapeIncludingSpaces);
}

machineVariable(bootstrapPackage, 'BuildDir', (config) => bootstrapOf(config).buildDir);

/** Every tool as a flag for a generator, also those that are missing here: a value of a Ninja variable. */
export function machineFlags({ stage, tools }: BootstrapSettings): string {
  return Object.keys(tools)
    .sort()
    .map((name) => {
      const value = ninjaEscape(shellEscapeIncludingSpaces(tools[name]!));
      return `--tool ${name}=${stage === 'bootstrap' ? optionalPlaceholder(name) : value}`;
    })
    .join(' ');
}
