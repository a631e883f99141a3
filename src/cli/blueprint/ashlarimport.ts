// Lets build logic that Node loads as it is import `ashlar`, wherever it lies: a tree need not have the
// package installed. One that it has comes first. Knows nothing of what is exported.
import { existsSync, realpathSync } from 'node:fs';
import { register } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The names, by the files of the bundle that this program is part of. */
const FILES: Readonly<Record<string, string>> = {
  ashlar: 'index.js',
  'ashlar/syntax': 'syntax.js',
};

let done = false;

/** Affects all later imports of the process. */
export function resolveAshlar(): void {
  if (done) return;
  done = true;
  const directory = dirname(realpathSync(process.argv[1] ?? '.'));
  const found = Object.entries(FILES)
    .map(([name, file]) => [name, join(directory, file)] as const)
    .filter(([, path]) => existsSync(path))
    .map(([name, path]) => [name, pathToFileURL(path).href]);
  const hook = `const found = new Map(${JSON.stringify(found)});
export async function resolve(name, context, next) {
  try {
    return await next(name, context);
  } catch (error) {
    if (!found.has(name)) throw error;
    return { url: found.get(name), shortCircuit: true };
  }
}`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
