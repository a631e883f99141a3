// The guard between build logic and files: it may read what it has declared, write nothing, and look at
// nothing else. The bundler puts it in the place of `node:fs` in build logic, and nowhere else.
import { relative, resolve, sep } from 'node:path';

/** What the running step of build logic has declared, relative to the source root. */
let declared: ReadonlySet<string> | undefined;

/** Says what may be read from now on; undefined while no build logic runs. */
export function declareFiles(paths: ReadonlySet<string> | undefined): void {
  declared = paths;
}

const READS = /^(?:access|createReadStream|exists|lstat|readFile|readlink|realpath|stat)(?:Sync)?$/;

type Files = Readonly<Record<string, unknown>>;

/** The module, with every function that takes a path behind the guard. */
export function guardFiles(files: Files): Files {
  const guarded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(files)) {
    if (name === 'promises') guarded[name] = guardFiles(value as Files);
    else if (name === 'default') continue;
    else if (typeof value !== 'function' || /^[A-Z_]/.test(name)) guarded[name] = value;
    else guarded[name] = guard(name, value as (...args: readonly unknown[]) => unknown);
  }
  return guarded;
}

function guard(name: string, call: (...args: readonly unknown[]) => unknown) {
  return (...args: readonly unknown[]): unknown => {
    if (!READS.test(name)) {
      throw new Error(
        `build logic cannot call ${name}: it reads files that it declares, and ctx.glob lists them`,
      );
    }
    const path = args[0] instanceof URL ? args[0].pathname : String(args[0]);
    const inner = relative(process.cwd(), resolve(path)).split(sep).join('/');
    if (declared?.has(inner) !== true && declared?.has(path) !== true) {
      const how =
        declared === undefined
          ? 'import it, or read it in a step'
          : `call ctx.addFileDependencies(${JSON.stringify(inner)}) first`;
      throw new Error(`build logic reads ${inner}, which it did not declare: ${how}`);
    }
    return call(...args);
  };
}
