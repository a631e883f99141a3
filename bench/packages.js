// Generates trees of packages, as folders with a build script and an extra folder, or as modules with sources; they require
// a few earlier ones.
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
    const requires = tiny ? [] : requiredBy(i);
    writeFileSync(
      join(folder, 'buildinfo.json'),
      `${JSON.stringify({ requires }, undefined, 2)}\n`,
    );
    writeFileSync(
      join(folder, 'build'),
      `#!/bin/bash\ncp -r "$PKG_EXTRA/." "$PKG_PATH/"\n# ${i}\n`,
    );
    chmodSync(join(folder, 'build'), 0o755);
    writeExtra(folder, i, files, tiny ? 1 : 40);
  }
  return files;
}

/** As `generatePackages`, of modules in a tree of Blueprints files. */
export function generateModules(directory, count) {
  const files = 10;
  mkdirSync(directory);
  writeFileSync(join(directory, 'ashlar.json'), '{}\n');
  writeFileSync(join(directory, 'Blueprints'), 'subdirs = ["*"]\n');
  for (let i = 0; i < count; i++) {
    const folder = join(directory, name(i));
    mkdirSync(join(folder, 'extra'), { recursive: true });
    const properties = [
      `name: "${name(i)}"`,
      'preset: "copy"',
      'sources: { all: { files: ["extra/*"] } }',
      `requires: ${JSON.stringify(requiredBy(i))}`,
    ];
    const lines = properties.map((property) => `    ${property},\n`).join('');
    writeFileSync(join(folder, 'Blueprints'), `package {\n${lines}}\n`);
    writeExtra(folder, i, files, 40);
  }
  return files;
}

/** Of the ten that each belongs to, so that closures stay small. */
function requiredBy(i) {
  const first = i - (i % 10);
  return [i - 1, Math.floor(i / 2), Math.floor(i / 3)]
    .filter((other, at, all) => i !== first && other >= first && all.indexOf(other) === at)
    .map(name);
}

function writeExtra(folder, i, files, lines) {
  for (let file = 0; file < files; file++) {
    const line = `${name(i)} ${file}\n`;
    writeFileSync(join(folder, 'extra', `file-${file}`), line.repeat(lines));
  }
}

function name(i) {
  return `package-${String(i).padStart(4, '0')}`;
}
