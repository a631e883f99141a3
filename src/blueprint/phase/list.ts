// A module list: a file with the paths of all Blueprints files, one on each line.
import { failed, ok, type Result } from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import type { FileSystem } from '../glob/filesystem.ts';

/** The paths. Error codes `fs/…`. */
export function readList(files: FileSystem, path: string): Result<string[]> {
  let content;
  try {
    content = files.read(path);
  } catch (error) {
    return failed(systemError('read the module list', error, path));
  }
  if (content === undefined) {
    const missing = Object.assign(new Error(), { code: 'ENOENT', path });
    return failed(systemError('read the module list', missing));
  }
  const lines = String(content).split('\n');
  return ok(lines.map((line) => line.trim()).filter((line) => line !== ''));
}
