// The Ninja names that all bootstrap modules share. Whoever imports this package context writes paths below
// the build directory as `${bootstrap.BuildDir}/…`, and words of commands as `${bootstrap.BuildDirWord}/…`.
import { ninjaEscape, packageContext, shellEscapeIncludingSpaces } from '../blueprint/api.ts';
import type { PackageContext } from '../blueprint/api.ts';
import { bootstrapOf } from './config.ts';
import { placeholder, wordPlaceholder } from './template.ts';

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
      if (found === undefined) throw new Error(`${name} was not found on this machine`);
      return ninjaEscape(quote(found));
    });
  };
  variable('', placeholder(name), (text) => text);
  variable('Word', wordPlaceholder(name), shellEscapeIncludingSpaces);
}

machineVariable(bootstrapPackage, 'BuildDir', (config) => bootstrapOf(config).buildDir);
