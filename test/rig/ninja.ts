// Ninja itself as a judge: whether it loads manifests, and what it says of their targets.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Whether the Ninja in the path is new enough: for validations it must be 1.11, and as new as a manifest says. The slow
 * suite runs tests with old ones.
 */
export function isNinjaAtLeast(major: number, minor: number): boolean {
  const version = execFileSync('ninja', ['--version'], { encoding: 'utf8' });
  const [its, inner] = version.split('.').map(Number);
  return its! > major || (its === major && inner! >= minor);
}

/** Loads a manifest; `files` are further ones that it names. Throws what Ninja says against it. */
export function loadManifest(text: string, files: Readonly<Record<string, string>> = {}): void {
  targetsInManifest(text, files);
}

/** The targets of a manifest and the rules that make them, as Ninja reads them. */
export function targetsInManifest(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Map<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-ninja-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'build.ninja': text })) {
      writeFileSync(join(directory, name), content);
    }
    const options = { cwd: directory, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('ninja', ['-t', 'targets', 'all'], options);
    if (status !== 0) throw new Error(`${stderr}${stdout}`);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return new Map(
      lines.map((line): [string, string] => {
        const colon = line.lastIndexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs Ninja in a directory and returns the steps it ran, by their descriptions. */
export function runNinja(directory: string, ...argv: readonly string[]): string[] {
  const output = execFileSync('ninja', argv, { cwd: directory, encoding: 'utf8' });
  return output
    .split('\n')
    .flatMap((line) => /^\[\d+\/\d+\] (.*)$/.exec(line)?.[1] ?? [])
    .sort();
}
