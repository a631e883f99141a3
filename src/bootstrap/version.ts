// What says that the program which makes manifests is another than before: its own files.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { ashlarVersion } from '../base/version.ts';

/** Of the program that runs, and of the bundle that this is a part of. */
export function programVersion(): string {
  const script = realpathSync(process.argv[1] ?? '.');
  const bundle = installedBundle();
  const stamps = ['.', 'entry', 'chunk'].flatMap((inner) => {
    const directory = join(bundle, inner);
    return namesIn(directory)
      .filter((name) => /\.c?js$/.test(name))
      .map((name) => {
        const { size, mtimeMs } = statSync(join(directory, name));
        return `${inner}/${name} ${size} ${mtimeMs}`;
      });
  });
  // Programs of one bundle are one in this.
  const own = dirname(script) === bundle ? '' : digestOf(readFileSync(script)).hash;
  return `${ashlarVersion()} ${own} ${digestOf(stamps.sort().join('\n')).hash}`;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The directory of the bundle that this is a part of; the bundler puts this into a directory of it. */
export function installedBundle(): string {
  return import.meta.dirname.replace(/\/(?:chunk|entry)$/, '');
}
