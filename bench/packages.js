// Generates a tree of packages: each requires a few earlier ones, has a build script and an extra folder.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `count` packages below `directory`. What they require is spread so that closures stay small. */
export function generatePackages(directory, count) {
  for (let i = 0; i < count; i++) {
    const folder = join(directory, name(i));
    mkdirSync(join(folder, 'extra'), { recursive: true });
    const requires = [i - 1, Math.floor(i / 2), Math.floor(i / 3)]
      .filter(
        (other, at, all) =>
          i % 10 !== 0 && other >= i - (i % 10) && other < i && all.indexOf(other) === at,
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
    for (let file = 0; file < 10; file++) {
      writeFileSync(join(folder, 'extra', `file-${file}`), `${name(i)} ${file}\n`.repeat(40));
    }
  }
}

function name(i) {
  return `package-${String(i).padStart(4, '0')}`;
}
