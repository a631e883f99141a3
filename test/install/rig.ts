// What the tests of a root share: temporary roots, packages written straight into their repository, and
// what a reader sees through the root's links.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { formatDiagnostic, type Result } from '../../src/base/diagnostic.ts';
import { removeTree } from '../../src/base/fs.ts';
import { STABLE_LINKS, rootAt, type Root } from '../../src/install/root.ts';

/** A file's text, or where a link leads. */
export type Content = string | { readonly link: string };
export type Files = Readonly<Record<string, Content>>;

export const goldenInstall = resolve(
  import.meta.dirname,
  '../../../shared/golden/pkgpanda/install.json',
);

/** Where many small files cost little; what tests look at there does not depend on the disk. */
export const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** The directory goes away when the test ends: `using dir = scratch()`. */
export function scratch(parent = tmpdir()): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(parent, 'ashlar-install-')));
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

/** A root directory with packages in its repository and nothing active. */
export function rootWith(
  packages: Readonly<Record<string, Files>>,
  parent?: string,
): Disposable & { readonly root: Root; readonly path: string } {
  const dir = scratch(parent);
  const root = value(rootAt(join(dir.path, 'root')));
  mkdirSync(root.path);
  for (const [id, files] of Object.entries(packages)) addToRepository(root, id, files);
  return { root, path: dir.path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

/** Writes a package as the archive module would have unpacked it. Its pkginfo.json is `{}` unless given. */
export function addToRepository(root: Root, id: string, files: Files): void {
  writeFiles(join(root.packages, id), { 'pkginfo.json': '{}', ...files });
}

export function writeFiles(directory: string, files: Files): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const at = join(directory, path);
    if (path.endsWith('/')) {
      mkdirSync(at, { recursive: true });
      continue;
    }
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === 'string') writeFileSync(at, content);
    else symlinkSync(content.link, at);
    if (typeof content === 'string' && content.startsWith('#!')) chmodSync(at, 0o755);
  }
}

/** The value of a result; a failed one fails the test with its messages. */
export function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
}

/** The codes of a failed result. */
export function codes(result: Result<unknown>): string[] {
  if (result.ok) throw new Error('expected a failure');
  return result.diagnostics.map(({ code }) => code);
}

/** All messages of a failed result, as they are printed. */
export function messages(result: Result<unknown>): string {
  if (result.ok) throw new Error('expected a failure');
  return result.diagnostics.map(formatDiagnostic).join('\n');
}

/** Every file that can be reached through a root's links: path → the file it is, relative to the root. */
export function reachable(root: Root): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    const at = join(root.path, path);
    if (statSync(at).isDirectory()) for (const name of readdirSync(at)) visit(`${path}/${name}`);
    else found[path] = relative(realpathSync(root.path), realpathSync(at));
  };
  for (const name of ['bin', 'etc', 'include', 'lib', 'ashlar.target.wants']) visit(name);
  return found;
}

export function readText(root: Root, path: string): string {
  return readFileSync(join(root.path, path), 'utf8');
}

/** Everything in a root that no finished change leaves there. */
export function leftovers(root: Root): string[] {
  const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
  const known = new Set(['current', 'generations', 'packages', ...STABLE_LINKS]);
  return [
    ...names(root.path).filter((name) => !known.has(name)),
    ...names(root.generations).filter((name) => !/^\d+$/.test(name)),
    ...names(root.packages).filter((name) => name.startsWith('.')),
  ];
}
