// Words for a POSIX shell.

/** A word as a shell reads it back, quoted only where it needs to be. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line that a shell splits into these words. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
