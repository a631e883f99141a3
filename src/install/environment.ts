// The texts of `environment` (for systemd's EnvironmentFile) and `environment.export` (for shells).
// Knows nothing of where they are written; their first line is what hosts already grep for.
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';
import { shellWord } from '../base/shell.ts';
import type { Package } from './package.ts';

const TITLE = '# Pkgpanda provided environment variables';

/**
 * Checks a prefix, the absolute path under which programs will find the root, and takes trailing
 * slashes off. Error code `install/bad-prefix`.
 */
export function parsePrefix(text: string): Result<string> {
  let problem: string | undefined;
  if (!text.startsWith('/')) problem = 'it is not an absolute path';
  else if (/[:\n\r\0]/.test(text)) problem = 'PATH cannot hold a path with a colon or a line break';
  if (problem === undefined) return ok(text.replace(/\/+$/, ''));
  return failed(
    definitionError({
      code: 'install/bad-prefix',
      message: `"${text}" cannot be the prefix: ${problem}`,
      hint: 'give the path at which programs will find the root, with --prefix',
    }),
  );
}

/** Lines `K=V`, as they are: nothing is quoted. Packages in the order given. */
export function environmentText(packages: readonly Package[], prefix: string): string {
  return [
    TITLE,
    `LD_LIBRARY_PATH=${prefix}/lib`,
    `PATH=${prefix}/bin:/usr/bin:/bin:/sbin`,
    '',
    ...sections(packages, (key, value) => `${key}=${value}`),
  ].join('\n');
}

/** The same for a POSIX shell to source. Values are quoted where the shell would change them. */
export function environmentExport(packages: readonly Package[], prefix: string): string {
  const path = `${prefix}/bin`.replaceAll(/[\\"$`]/g, (char) => `\\${char}`);
  return [
    TITLE,
    `export LD_LIBRARY_PATH=${shellWord(`${prefix}/lib`)}`,
    `export PATH="${path}:$PATH"`,
    '',
    ...sections(packages, (key, value) => `export ${key}=${shellWord(value)}`),
  ].join('\n');
}

function sections(
  packages: readonly Package[],
  line: (key: string, value: string) => string,
): string[] {
  const lines: string[] = [];
  for (const { id, info } of packages) {
    lines.push(`# package: ${id}`);
    for (const [key, { value }] of info.environment) lines.push(line(key, value));
    lines.push('');
  }
  return [...lines, ''];
}
