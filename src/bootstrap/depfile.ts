// Reads dependency files as Ninja does: what stands behind the colon, with escapes undone. The other way round
// is the engine's.

/** The prerequisites that a Makefile fragment names. */
export function readDepfile(text: string): string[] {
  const words = text.match(/(?:\\\r?\n|\s)|(?:\\[^\r\n]|\$\$|[^\s\\$]|\\(?!\r?\n)|\$)+/g) ?? [];
  const paths: string[] = [];
  let past = false;
  for (const word of words) {
    if (/^(?:\\?\r?\n|\s)$/.test(word)) continue;
    if (!past) {
      past = word.endsWith(':');
      continue;
    }
    paths.push(word.replace(/\\([ #*[|\\])/g, '$1').replaceAll('$$', '$'));
  }
  return paths;
}
