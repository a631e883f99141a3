// Templates of manifests: text in which `@@Name@@` stands for a value of the machine. Values may be any text
// but lines: what is special to Ninja or to a shell is quoted here, so that every path survives. `bootstrap.bash`
// does the same with sed.
import { definitionError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { shellEscapeIncludingSpaces } from '../blueprint/api.ts';

/** What stands in a template for a value, as the value of a Ninja variable. */
export function placeholder(name: string): string {
  return `@@${name}@@`;
}

/** What stands in a template for a value, as one word of a command. */
export function wordPlaceholder(name: string): string {
  return `@@${name}:word@@`;
}

/** The same, for a value that may be missing: then the word is empty. */
export function optionalPlaceholder(name: string): string {
  return `@@${name}:word?@@`;
}

/**
 * Fills in a template. Error codes `bootstrap/placeholder` for one that has no value, unless `missing` knows better,
 * and `bootstrap/line-break` for values that no manifest can hold.
 */
export function fillTemplate(
  text: string,
  values: Readonly<Record<string, string>>,
  file: string,
  missing: (name: string) => Diagnostic | undefined = () => undefined,
): Result<string> {
  const problems = new Map<string, Diagnostic>();
  const filled = text.replace(/@@(\w+)(:word\??)?@@/g, (whole, name: string, word?: string) => {
    const known = Object.hasOwn(values, name) ? values[name]! : undefined;
    const value = known ?? (word === ':word?' ? '' : undefined);
    if (value === undefined) {
      const message = `the template names ${whole}, for which there is no value`;
      const problem =
        missing(name) ?? definitionError({ code: 'bootstrap/placeholder', message, at: { file } });
      problems.set(problem.message, problem);
      return whole;
    }
    if (/[\n\r\0]/.test(value)) {
      const message = `${name} is ${JSON.stringify(value)}: Ninja cannot read a line break`;
      problems.set(name, definitionError({ code: 'bootstrap/line-break', message, at: { file } }));
    }
    return word === undefined ? ninjaValue(value) : ninjaValue(shellEscapeIncludingSpaces(value));
  });
  return problems.size > 0 ? failed(...problems.values()) : ok(filled);
}

/** Text as the value of a variable: `$` is literal, and so is a blank at the beginning. */
function ninjaValue(text: string): string {
  const escaped = text.replaceAll('$', '$$$$');
  return escaped.startsWith(' ') ? `$${escaped}` : escaped;
}
