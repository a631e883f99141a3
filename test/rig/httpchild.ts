// Downloads and fetches as programs of their own, to be killed, run twice at once, or run where the
// disk is full. They print one JSON line per progress event, and the result as the last line.
import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { Downloaded } from '../../src/package/fetch/download.ts';

const src = resolve(import.meta.dirname, '../../src/package/fetch');

const PROGRAMS = {
  download: `
    import { download as go } from './download.ts';
    const act = (request) => go(request);
  `,
  source: `
    import { mirrorsOf } from './mirror.ts';
    import { fetchSource as go } from './source.ts';
    const act = ({ source, ...context }) => go(source, { ...context, mirrors: mirrorsOf({}) });
  `,
};

/** Bundles a program into a directory and returns its path. */
export async function buildChild(
  directory: string,
  program: keyof typeof PROGRAMS,
): Promise<string> {
  const outfile = join(directory, `${program}.mjs`);
  await build({
    stdin: {
      contents: `
        ${PROGRAMS[program]}
        const print = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
        const onProgress = ({ received }) => print({ received });
        print({ result: await act({ ...JSON.parse(process.argv[2]), onProgress }) });
      `,
      resolveDir: src,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as make } from 'node:module'; const require = make(import.meta.url);",
    },
  });
  return outfile;
}

export type ChildResult =
  | { ok: true; value: Downloaded }
  | { ok: false; diagnostics: readonly Diagnostic[] };

export interface Child {
  readonly process: ChildProcess;
  /** Resolves once so many bytes have been taken. */
  received(bytes: number): Promise<void>;
  /** The result it printed; undefined when it was killed before. */
  readonly result: Promise<ChildResult | undefined>;
}

/** Starts the program. `prefix` runs it through another command. */
export function startChild(
  program: string,
  request: object,
  options: { prefix?: readonly string[]; env?: Record<string, string> } = {},
): Child {
  // env(1) runs what follows it.
  const prefix = options.prefix ?? [];
  const child = spawn('env', [...prefix, process.execPath, program, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  let result: ChildResult | undefined;
  let most = 0;
  const waiting: { bytes: number; resolve: () => void; reject: (why: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as { received?: number; result?: ChildResult };
    result = message.result ?? result;
    most = Math.max(most, message.received ?? 0);
    for (const { bytes, resolve } of waiting) if (most >= bytes) resolve();
  });
  return {
    process: child,
    received: (bytes) =>
      new Promise((resolve, reject) => {
        if (most >= bytes) resolve();
        else waiting.push({ bytes, resolve, reject });
      }),
    result: new Promise((resolve) => {
      child.on('close', () => {
        for (const { reject } of waiting) reject(new Error(`ended after ${most} bytes`));
        resolve(result);
      });
    }),
  };
}
