import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { removeAbandoned } from '../../src/bootstrap/abandoned.ts';
import { scratch } from '../rig/scratch.ts';

test('removes what was logged and no manifest makes, and directories that this empties', () => {
  using space = scratch();
  const cwd = process.cwd();
  process.chdir(space.path);
  try {
    const files = ['out/kept', 'out/of/earlier', 'out/gone/deep/x', 'now-a-source', 'never-logged'];
    for (const file of files) {
      mkdirSync(file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.', {
        recursive: true,
      });
      writeFileSync(file, '');
    }
    const line = (path: string): string => `0\t1\t2\t${path}\tff\n`;
    const logged = [...files.slice(0, 4), 'out/already-gone'].map(line).join('');
    writeFileSync('log', `# ninja log v6\n${logged}`);
    writeFileSync('main.ninja', 'build out/kept: phony now-a-source\n');
    const manifests = [
      { file: 'main.ninja' },
      { file: 'missing.ninja' },
      { file: 'text.ninja', text: 'build out/of/earlier: phony\n' },
    ];
    expect(removeAbandoned('log', manifests, 'out')).toEqual([
      'removed old ninja-created file out/gone/deep/x because it has no rule to generate it',
    ]);
    expect(files.filter((file) => existsSync(file))).toEqual(
      files.filter((file) => !file.endsWith('/x')),
    );
    expect(existsSync('out/gone')).toBe(false);
    expect(removeAbandoned('no-log', manifests, 'out')).toEqual([]);
  } finally {
    process.chdir(cwd);
  }
});
