// Ninja's own log, as far as it says what was built: versions 5, 6 and 7 differ only in their hashes.

const HEADER = /^# ninja log v(\d+)\n/;
const VERSIONS = new Set([5, 6, 7]);

/**
 * The outputs that a log names, each once. Undefined for a log of a version that is not known. A last line
 * that was cut off, as after a crash, is left out.
 */
export function readNinjaLog(text: string): string[] | undefined {
  const version = HEADER.exec(text)?.[1];
  if (version === undefined || !VERSIONS.has(Number(version))) return undefined;
  const outputs = new Set<string>();
  const end = text.lastIndexOf('\n');
  for (const line of text.slice(0, end).split('\n').slice(1)) {
    // start, end, mtime, output, hash: the output itself may hold tabs.
    const match = /^\d+\t\d+\t\d+\t(.*)\t[0-9a-f]+$/.exec(line);
    if (match !== null) outputs.add(match[1]!);
  }
  return [...outputs];
}
