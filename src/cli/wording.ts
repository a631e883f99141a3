// What is wrong with a command line, in the words and the form of all other errors. The parser has its own,
// which know neither hints nor how flags are written here.
import {
  ArgumentScannerError,
  formatMessageForArgumentScannerError,
  text_en,
  type ApplicationText,
} from '@stricli/core';
import { printable } from '../base/diagnostic.ts';

export const wording: Pick<
  ApplicationText,
  'noCommandRegisteredForInput' | 'exceptionWhileParsingArguments'
> = {
  noCommandRegisteredForInput: ({ input, corrections }) =>
    said(
      `there is no command ${quoted(input)}`,
      // They come in back quotes.
      suggestion(corrections.map((name) => name.replaceAll('`', ''))) ??
        'ashlar --help lists the commands',
    ),
  exceptionWhileParsingArguments: (error, ansiColor) => {
    if (!(error instanceof ArgumentScannerError)) {
      return text_en.exceptionWhileParsingArguments(error, ansiColor);
    }
    return formatMessageForArgumentScannerError(error, {
      FlagNotFoundError: ({ input, corrections }) =>
        said(
          `there is no option --${printable(input)}`,
          suggestion(corrections.map((name) => `--${kebab(name)}`)) ??
            'the --help of the command lists its options',
        ),
      AliasNotFoundError: ({ input }) =>
        said(
          `there is no option -${printable(input)}`,
          'the --help of the command lists its options; a path that begins with a dash is written ./-x',
        ),
      ArgumentParseError: ({ externalFlagNameOrPlaceholder, input, exception }) =>
        said(
          `${optionName(externalFlagNameOrPlaceholder)} cannot be ${quoted(input)}: ${reason(exception)}`,
        ),
      UnsatisfiedFlagError: ({ externalFlagName, nextFlagName }) =>
        said(
          nextFlagName === undefined
            ? `${optionName(externalFlagName)} needs a value`
            : `${optionName(externalFlagName)} needs a value, found --${kebab(nextFlagName)}`,
        ),
      UnsatisfiedPositionalError: ({ placeholder, limit }) =>
        said(
          limit === undefined
            ? `${placeholder} is missing`
            : `expected at least ${limit[0]} of ${placeholder}, found ${limit[1]}`,
        ),
      UnexpectedPositionalError: ({ expectedCount, input }) =>
        said(
          expectedCount === 0
            ? `the command takes no arguments, found ${quoted(input)}`
            : `expected ${expectedCount} ${expectedCount === 1 ? 'argument' : 'arguments'}, found also ${quoted(input)}`,
        ),
      UnexpectedFlagError: ({ externalFlagName, previousInput, input }) =>
        said(
          `${optionName(externalFlagName)} is given twice, as ${quoted(previousInput)} and as ${quoted(input)}`,
        ),
      EnumValidationError: ({ externalFlagName, input, values }) =>
        said(
          `${optionName(externalFlagName)} cannot be ${quoted(input)}`,
          `it is one of ${values.join(', ')}`,
        ),
      InvalidNegatedFlagSyntaxError: ({ externalFlagName }) =>
        said(`${optionName(externalFlagName)} takes no value`),
    });
  },
};

function said(message: string, hint?: string): string {
  return hint === undefined ? `error: ${message}` : `error: ${message}\n  hint: ${hint}`;
}

function suggestion(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `did you mean ${names.join(' or ')}?`;
}

function quoted(text: string): string {
  return `"${printable(text)}"`;
}

/** Placeholders are capitals, and stand for themselves. */
function optionName(name: string): string {
  return /[a-z]/.test(name) ? `--${kebab(name)}` : name;
}

function kebab(name: string): string {
  return name.replace(/^--/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function reason(exception: unknown): string {
  const message = exception instanceof Error ? exception.message : String(exception);
  return message.charAt(0).toLowerCase() + message.slice(1);
}
