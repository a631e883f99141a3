// Makes the file system fail, or this process die, at the n-th call of node's synchronous fs functions.
// Works on every module that imports them, because built-in modules can be patched as a whole.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const PATCHED = [
  'accessSync',
  'chmodSync',
  'closeSync',
  'copyFileSync',
  'fchmodSync',
  'fsyncSync',
  'linkSync',
  'lstatSync',
  'mkdirSync',
  'openSync',
  'readFileSync',
  'readSync',
  'readdirSync',
  'readlinkSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'symlinkSync',
  'unlinkSync',
  'utimesSync',
  'writeFileSync',
  'writeSync',
] as const;

/** A synchronous function of node:fs. */
export type Name = Extract<keyof typeof fs, `${string}Sync`>;
type AnyFunction = (...args: unknown[]) => unknown;

/** What happens instead of a call, or before it: throw, kill this process, change arguments, or nothing. */
export type Fault = (call: { name: Name; args: unknown[]; index: number }) => void;

/** Lets `fault` see every call of these functions, numbered from 0, until the returned object is disposed of. */
export function watchFileSystem(
  fault: Fault,
  names: readonly Name[] = PATCHED,
): Disposable & { readonly calls: readonly string[] } {
  const table = fs as unknown as Record<Name, AnyFunction>;
  const originals = new Map<Name, AnyFunction>();
  const calls: string[] = [];
  let inside = false;
  for (const name of names) {
    const original = table[name];
    originals.set(name, original);
    table[name] = (...args) => {
      // Some of them call others.
      if (inside) return original(...args);
      const index = calls.length;
      calls.push(name);
      inside = true;
      try {
        fault({ name, args, index });
        return original(...args);
      } finally {
        inside = false;
      }
    };
  }
  syncBuiltinESMExports();
  return {
    calls,
    [Symbol.dispose]: () => {
      for (const [name, original] of originals) table[name] = original;
      syncBuiltinESMExports();
    },
  };
}

/** An error as the system gives it. */
export function systemFailure(errno: string, name: string, path?: unknown): Error {
  const shown = typeof path === 'string' ? ` '${path}'` : '';
  return Object.assign(new Error(`${errno}: injected, ${name}${shown}`), {
    code: errno,
    syscall: name,
    ...(typeof path === 'string' ? { path } : {}),
  });
}

/** Fails one call: the one with this number. */
export function failAt(index: number, errno: string): Fault {
  return (call) => {
    if (call.index === index) throw systemFailure(errno, call.name, call.args[0]);
  };
}

/**
 * Kills this process at one call. Of what the call writes, the first half is written before: that is how
 * far a real one may have come.
 */
export function dieAt(index: number): Fault {
  return ({ name, args, index: at }) => {
    if (at !== index) return;
    if (name === 'writeFileSync') {
      const content = Buffer.from(args[1] as string | Uint8Array);
      fs.writeFileSync(
        args[0] as string,
        content.subarray(0, content.length >> 1),
        args[2] as object,
      );
    }
    if (name === 'copyFileSync') {
      const content = fs.readFileSync(args[0] as string);
      fs.writeFileSync(args[1] as string, content.subarray(0, content.length >> 1));
    }
    process.kill(process.pid, 'SIGKILL');
  };
}
