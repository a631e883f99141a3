// The dependency file that tells Ninja what the manifest was made from: a Makefile fragment.

/** One target, and what it depends on, a line each. */
export function formatDepfile(target: string, dependencies: readonly string[]): string {
  const lines = dependencies.map((path) => ` \\\n ${escapeDependency(path)}`);
  return `${escapeDependency(target)}:${lines.join('')}\n`;
}

function escapeDependency(path: string): string {
  return path.replace(/[ #*[|\\]/g, (char) => `\\${char}`).replaceAll('$', '$$$$');
}
