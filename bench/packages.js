// Generates a tree of packages: each has a build script and an extra folder, and requires a few earlier ones.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes `count` packages below `directory`, of ten files each. What they require is spread so that closures stay small;
 * `tiny` ones have one file of one line, and require nothing. Returns how many files each has.
 */
export function generatePackages(directory, count, { tiny = false } = {}) {
  const files = tiny ? 1 : 10;
  for (let i = 0; i < count; i++) {
    const folder = join(directory, name(i));
    mkdirSync(join(folder, 'extra'), { recursive: true });
    const requires = [i - 1, Math.floor(i / 2), Math.floor(i / 3)]
      .filter(
        (other, at, all) =>
          !tiny && i % 10 !== 0 && other >= i - (i % 10) && other < i && all.indexOf(other) === at,
      )
      .map(name);
    writeFileSync(
      join(folder, 'buildinfo.json'),
      `${JSON.stringify({ requires }, undefined, 2)}\n`,
    );
    writeFileSync(
      join(folder, 'build'),
      `#!/bin/bash\ncp -r "$PKG_EXTRA/." "$PKG_PATH/"\n# ${i}\n`,
    );
    chmodSync(join(folder, 'build'), 0o755);
    for (let file = 0; file < files; file++) {
      const line = `${name(i)} ${file}\n`;
      writeFileSync(join(folder, 'extra', `file-${file}`), line.repeat(tiny ? 1 : 40));
    }
  }
  return files;
}

function name(i) {
  return `package-${String(i).padStart(4, '0')}`;
}
