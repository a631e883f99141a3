// Mirrors opened on a store as the program does it, and results to send through them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { readAddress } from '../../src/cache/mirror/address.ts';
import { directoryMirror } from '../../src/cache/mirror/directory.ts';
import { Guard } from '../../src/cache/mirror/guard.ts';
import { httpMirror } from '../../src/cache/mirror/http.ts';
import { judgeBy } from '../../src/cache/mirror/judge.ts';
import { createMirrors } from '../../src/cache/mirror/mirrors.ts';
import type { Times } from '../../src/cache/mirror/patience.ts';
import { ANY } from '../../src/cache/mirror/setting.ts';
import { signBy, type Signer } from '../../src/cache/mirror/sign.ts';
import type { Mirrors } from '../../src/cache/port.ts';
import { putBytes, type Store } from '../../src/cache/store.ts';
import { storeTree } from '../../src/cache/tree.ts';
import type { Requirement, TrustedKey } from '../../src/cache/trust/policy.ts';
import type { ActionResult } from '../../src/remote/message.ts';

export interface MirrorsOptions {
  readonly write?: boolean;
  /** Of the first mirror; the others are waited for as long as it takes. */
  readonly times?: Times;
  readonly lookupMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly require?: Partial<Requirement>;
  readonly trusted?: readonly TrustedKey[];
  readonly signer?: Signer;
  readonly now?: () => number;
}

export interface OpenedMirrors {
  readonly mirrors: Mirrors;
  readonly warnings: Diagnostic[];
  /** Closes, and gives the codes of all warnings. */
  readonly close: () => Promise<string[]>;
}

export function openedMirrors(
  store: Store,
  addresses: readonly string[],
  options: MirrorsOptions = {},
): OpenedMirrors {
  const warnings: Diagnostic[] = [];
  const onWarning = (diagnostic: Diagnostic): void => void warnings.push(diagnostic);
  const { trusted = [], signer, now = Date.now, lookupMs } = options;
  const guards = addresses.map((text, index) => {
    const address = readAddress(text, '/');
    if (!address.ok) throw new Error(address.diagnostics[0]!.message);
    const mirror =
      address.value.kind === 'directory'
        ? directoryMirror(address.value.path, options.write ?? true)
        : httpMirror(
            address.value,
            options.env ?? {},
            (index === 0 && options.times) || { spanMs: 30_000, leastBytes: 1 },
          );
    const require = { ...ANY, ...options.require };
    return new Guard({ mirror, writable: options.write ?? true, require, onWarning });
  });
  const mirrors = createMirrors({
    store,
    guards,
    judge: judgeBy(trusted, now),
    sign: signBy({ signer, trusted, now, onWarning }),
    onWarning,
    ...(lookupMs === undefined ? {} : { lookupMs }),
  });
  return {
    mirrors,
    warnings,
    close: async () => {
      warnings.push(...(await mirrors.close(new AbortController().signal)));
      return warnings.map(({ code }) => code);
    },
  };
}

export interface Made {
  readonly key: Digest;
  readonly blobs: readonly Digest[];
  readonly result: ActionResult;
  /** All that the result names, trees and what is in them included. */
  readonly contents: readonly Digest[];
}

/** Makes a result in a store: a file, a tree of three files, a log. */
export function makeResult(store: Store, directory: string, seed: string): Made {
  const tree = join(directory, `tree-${seed}`);
  mkdirSync(join(tree, 'bin'), { recursive: true });
  const contents = [`${seed} readme`, `${seed} tool`, 'shared by all'];
  writeFileSync(join(tree, 'readme'), contents[0]!);
  writeFileSync(join(tree, 'bin/tool'), contents[1]!, { mode: 0o755 });
  writeFileSync(join(tree, 'bin/shared'), contents[2]!);
  const stored = storeTree(store, tree);
  if (!stored.ok) throw new Error(stored.diagnostics[0]!.message);
  const file = putBytes(store, `${seed} archive `.repeat(50_000));
  const log = putBytes(store, `${seed} log`);
  const record = putBytes(store, `${seed} record`);
  return {
    key: digestOf(`key ${seed}`),
    blobs: [record],
    result: {
      files: [{ path: 'archive', digest: file, executable: false }],
      directories: [{ path: 'tree', ...stored.value }],
      exitCode: 0,
      log,
      worker: 'test',
      startedMs: 1000,
      completedMs: 2000,
    },
    contents: [file, log, record, stored.value.tree, ...contents.map((text) => digestOf(text))],
  };
}

export const never = new AbortController().signal;
