// Generates the tree of Blueprints files that the engine is measured on: FILES files in directories two
// levels deep, five modules each, most of which depend on up to three others.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MODULES_PER_FILE = 5;

/**
 * Writes the tree into an empty directory: the same on every machine. Returns the file that a change is
 * measured with.
 * @param {string} root
 * @param {number} files
 */
export function generateBlueprints(root, files) {
  const groups = Math.ceil(files / 100);
  const write = (path, text) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const names = Array.from({ length: groups }, (_, group) => `g${group}`);
  write('Blueprints', `common = ["-Wall", "-Werror"]\nsubdirs = [\n${listed(names)}]\n`);
  for (let group = 0; group < groups; group++) {
    const inner = Array.from(
      { length: Math.min(100, files - group * 100) },
      (_, i) => `d${group * 100 + i}`,
    );
    write(`g${group}/Blueprints`, `subdirs = [\n${listed(inner)}]\n`);
    for (const [i, directory] of inner.entries()) {
      write(`g${group}/${directory}/Blueprints`, fileText(group * 100 + i));
    }
  }
  return `g${Math.floor(groups / 2)}/d${Math.floor(groups / 2) * 100}/Blueprints`;
}

function listed(names) {
  return names.map((name) => `    "${name}",\n`).join('');
}

function fileText(file) {
  let text = `// Part ${file} of the tree.\nlocal_flags = common + ["-DPART=${file}"]\n\n`;
  for (let i = 0; i < MODULES_PER_FILE; i++) {
    const number = file * MODULES_PER_FILE + i;
    // Spread over the tree so far, the same each time.
    const deps = new Set();
    for (let dep = 0; dep < number % 4; dep++) {
      deps.add(`m${Math.floor((Math.imul(number + 1, 40_503 + dep * 7_919) >>> 0) % number)}`);
    }
    text += `bench {
    name: "m${number}",
    srcs: [
${listed(Array.from({ length: 4 }, (_, source) => `src_${i}_${source}.c`))}    ],
    cflags: local_flags + ["-O${i % 3}"],
    deps: [
${listed([...deps])}    ],
}

`;
  }
  return text;
}
