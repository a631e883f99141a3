// How text is written so that Ninja, or a shell, reads it back as it was. Pure text functions.

/**
 * What stands for `|` in a path. Ninja has no escape for it in any version, so manifests with such
 * paths define this variable; its name cannot be that of a rule's argument, nor of anything else.
 */
export const PIPE_VARIABLE = 'ninja.pipe';

/** Makes `$` literal. Everything else is left to the place where the text is written. */
export function ninjaEscape(text: string): string {
  return text.includes('$') ? text.replaceAll('$', '$$$$') : text;
}

/**
 * Text of a variable's value: a leading space is kept. A newline becomes Ninja's continuation, which
 * drops it and the blanks behind it: Ninja's values are single lines.
 */
export function escapeValue(text: string): string {
  const escaped = text.includes('\n') ? text.replaceAll('\n', '$$\n') : text;
  return escaped.startsWith(' ') ? `$${escaped}` : escaped;
}

const PATH_SPECIAL = /[ :|\n]/;

/** Nearly all paths: ASCII in which nothing is special to Ninja. To tell them apart once saves much. */
export const PLAIN_PATH = /^[!-#%-9;-{}~]+$/;

/** Text inside a path of a build or default statement. */
export function escapePath(text: string): string {
  if (!PATH_SPECIAL.test(text)) return text;
  return text.replace(/[ :|\n]/g, (char) => (char === '|' ? `\${${PIPE_VARIABLE}}` : `$${char}`));
}

const SHELL_SAFE = /^[A-Za-z0-9_+\-=.,/ ]*$/;
const SHELL_SAFE_WORD = /^[A-Za-z0-9_+\-=.,/]*$/;

/** Quotes for a POSIX shell where needed, but leaves spaces: for text that may hold several words. */
export function shellEscape(text: string): string {
  return SHELL_SAFE.test(text) ? text : quote(text);
}

/** Quotes for a POSIX shell where needed, so that the text is one word. Nothing becomes nothing. */
export function shellEscapeIncludingSpaces(text: string): string {
  return SHELL_SAFE_WORD.test(text) ? text : quote(text);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
