// Lets build logic that Node loads as it is import `ashlar`, wherever it lies: a tree need not have the
// package installed. One that it has comes first. Knows nothing of what is exported.
import { existsSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The names, by the files of the bundle that this program is part of. */
const FILES: Readonly<Record<string, string>> = {
  ashlar: 'index.js',
  'ashlar/syntax': 'syntax.js',
};

interface Hooks {
  resolve(
    name: string,
    context: unknown,
    next: (name: string, context: unknown) => unknown,
  ): unknown;
}

/** The directory that this program was loaded from. */
export function programDirectory(): string {
  return dirname(realpathSync(process.argv[1] ?? '.'));
}

/** Whether a file of a stack is not part of this program. */
export function isUsers(path: string): boolean {
  return !path.startsWith(programDirectory() + sep);
}

let done = false;

/** Affects all later imports of the process. */
export function resolveAshlar(): void {
  if (done) return;
  done = true;
  const directory = programDirectory();
  const found = Object.entries(FILES)
    .map(([name, file]) => [name, join(directory, file)] as const)
    .filter(([, path]) => existsSync(path))
    .map(([name, path]) => [name, pathToFileURL(path).href] as const);
  // In the same thread where Node can (22.15 or later): a thread for it costs as much as starting Node.
  const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: Hooks) => void };
  if (registerHooks !== undefined) {
    const urls = new Map(found);
    registerHooks({
      resolve(name, context, next) {
        try {
          return next(name, context);
        } catch (error) {
          const url = urls.get(name);
          if (url === undefined) throw error;
          return { url, shortCircuit: true };
        }
      },
    });
    return;
  }
  const hook = `const found = new Map(${JSON.stringify(found)});
export async function resolve(name, context, next) {
  try {
    return await next(name, context);
  } catch (error) {
    if (!found.has(name)) throw error;
    return { url: found.get(name), shortCircuit: true };
  }
}`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
