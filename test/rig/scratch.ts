// A directory of its own for each test, removed afterwards, and a picture of a tree to compare by.
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../src/base/fs.ts';

export interface Scratch extends Disposable {
  readonly path: string;
  /** A path in it. */
  at(...parts: string[]): string;
}

export function scratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'ashlar-test-'));
  return {
    path,
    at: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => removeTree(path),
  };
}

/**
 * Everything below a directory, one line each, sorted: path (bytes as latin1), kind, permission bits, and
 * what is in it. Times are left out unless asked for.
 */
export function picture(root: string, options: { readonly times?: boolean } = {}): string[] {
  const lines: string[] = [];
  const visit = (directory: Buffer, prefix: string): void => {
    for (const bytes of readdirSync(directory, { encoding: 'buffer' })) {
      const path = Buffer.concat([directory, Buffer.from('/'), bytes]);
      const name = prefix + bytes.toString('latin1');
      const stat = lstatSync(path);
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
      const time = options.times === true ? ` @${stat.mtimeMs / 1000}` : '';
      if (stat.isDirectory()) {
        lines.push(`${name}/ ${mode}${time}`);
        visit(path, `${name}/`);
      } else if (stat.isSymbolicLink()) {
        lines.push(`${name} -> ${readlinkSync(path, { encoding: 'latin1' })}${time}`);
      } else {
        const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
        lines.push(`${name} ${mode} ${stat.size} ${hash}${time}`);
      }
    }
  };
  visit(Buffer.from(root), '');
  return lines.sort();
}
