// Bundles with esbuild so that few chunks are loaded. Left alone it makes one for each set of entries that reach the
// same modules: a build loads 120 of them, and each costs a start of its own. Here modules are in groups, and whoever
// imports one of a group imports all of it, so that each group is one chunk. Some commands parse more than they run.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const NAMESPACE = 'ashlar-group';

/**
 * Bundles as `build` of esbuild does, whose errors it throws. `heads` has a list of modules for each group: the group
 * is all that they import, but for what is in a group before, or what `apart` imports.
 * @param {import('esbuild').BuildOptions & { absWorkingDir: string, entryPoints: Record<string, string> }} options
 * @param {{ apart: string, heads: readonly (readonly string[])[] }} how
 */
export async function bundleInGroups(options, { apart, heads }) {
  const { metafile } = await build({ ...options, write: false, metafile: true });
  const { inputs } = metafile;
  const taken = importedBy([apart], inputs);
  const groups = heads.map((modules) => {
    const group = [...importedBy(modules, inputs)].filter((module) => !taken.has(module));
    for (const module of group) taken.add(module);
    return group;
  });
  const imports = new Map();
  for (const entry of entriesOf(options, inputs)) {
    const reached = importedBy([entry], inputs);
    const needed = groups.flatMap((group, i) => (group.some((one) => reached.has(one)) ? [i] : []));
    const lines = needed.map((i) => `import '${NAMESPACE}:${i}';`);
    imports.set(resolve(options.absWorkingDir, entry), lines.join(''));
  }
  return build({ ...options, plugins: [inGroups(options.absWorkingDir, groups, imports)] });
}

/** Modules that are loaded when somebody asks for them: named, or imported late. */
function entriesOf({ entryPoints }, inputs) {
  const late = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, external }) => kind === 'dynamic-import' && external !== true),
  );
  return new Set([...Object.values(entryPoints), ...late.map(({ path }) => path)]);
}

/** Modules with all that is loaded together with them. */
function importedBy(modules, inputs) {
  const found = new Set();
  const pending = [...modules];
  for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
    if (found.has(module)) continue;
    found.add(module);
    for (const { path, kind, external } of inputs[module].imports) {
      if (kind !== 'dynamic-import' && external !== true) pending.push(path);
    }
  }
  return found;
}

function inGroups(root, groups, imports) {
  return {
    name: NAMESPACE,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => ({
        path,
        namespace: NAMESPACE,
      }));
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => {
        const group = groups[Number(path.slice(NAMESPACE.length + 1))];
        // Dependencies come with what imports them; on their own they may be left out as without effect.
        const own = group.filter((module) => !/(^|\/)node_modules\//.test(module));
        const lines = own.map((module) => `import ${JSON.stringify(`./${module}`)};\n`);
        return { contents: lines.join(''), resolveDir: root };
      });
      onLoad({ filter: /\.(ts|m?js)$/ }, ({ path }) => {
        const lines = imports.get(path);
        if (!lines) return undefined;
        // After the last line, so that source maps stay true.
        const contents = `${readFileSync(path, 'utf8')}\n${lines}\n`;
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
      });
    },
  };
}
