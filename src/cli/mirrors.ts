// Opens the mirrors that settings and environment name, with the keys that are at hand. What needs a
// network or cryptography is loaded only where there are mirrors.
import { environmentError, type Collector, type Diagnostic } from '../base/diagnostic.ts';
import type { Address } from '../cache/mirror/address.ts';
import type { Times } from '../cache/mirror/patience.ts';
import type { Mirror } from '../cache/mirror/port.ts';
import { requirementFor, type MirrorSetting, type SharedState } from '../cache/mirror/setting.ts';
import type { Mirrors } from '../cache/port.ts';
import type { Store } from '../cache/store.ts';
import type { PrivateKey } from '../cache/trust/key.ts';
import type { Requirement } from '../cache/trust/policy.ts';

export interface MirrorsRequest {
  readonly shared: SharedState;
  readonly store: Store;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** False: nothing is sent, whatever the settings say. */
  readonly mayWrite: boolean;
  /** False: directories only; what is for the others is noted, for the next build that may use it. */
  readonly mayUseNetwork: boolean;
  readonly onWarning: (diagnostic: Diagnostic) => void;
}

/**
 * Undefined where there are no mirrors, and after errors went to `out`: `mirror/address`, `keys/*`.
 * ASHLAR_MIRRORS names mirrors (apart by blanks, `rw:` before those that are written to) in place of those
 * of the settings; ASHLAR_SIGNING_KEY, ASHLAR_SIGNING_SCOPE and ASHLAR_ACCEPT_SCOPES are for builders.
 */
export async function openMirrors(
  request: MirrorsRequest,
  out: Collector,
): Promise<Mirrors | undefined> {
  const { shared, store, env, onWarning } = request;
  const settings = mirrorsOf(request);
  if (settings.length === 0) return undefined;
  const [address, guard, judge, sign, mirrors, patience] = await Promise.all([
    import('../cache/mirror/address.ts'),
    import('../cache/mirror/guard.ts'),
    import('../cache/mirror/judge.ts'),
    import('../cache/mirror/sign.ts'),
    import('../cache/mirror/mirrors.ts'),
    import('../cache/mirror/patience.ts'),
  ]);
  const key = await signingKey(request, out);
  const guards = [];
  for (const setting of settings) {
    const found = out.take(address.readAddress(setting.address, request.cwd));
    if (found === undefined) continue;
    const require = accept(requirementFor(setting, shared), env);
    const writable = setting.write && request.mayWrite;
    const unsigned = writable && require.signatures > 0 && key === undefined;
    const away = found.kind === 'http' && !request.mayUseNetwork;
    if (away && (!writable || unsigned)) continue;
    if (unsigned) onWarning(noKey(found.name));
    const mirror = away
      ? (await import('../cache/mirror/away.ts')).mirrorAway(found.name)
      : await openOne(found, writable, env, timesOf(env, patience.DEFAULT_TIMES));
    guards.push(
      new guard.Guard({ mirror, writable: writable && !unsigned, require, away, onWarning }),
    );
  }
  if (out.failed || guards.length === 0) return undefined;
  const scope = env['ASHLAR_SIGNING_SCOPE'] ?? shared.signScope;
  const { trusted } = shared;
  const now = Date.now;
  return mirrors.createMirrors({
    store,
    guards,
    judge: judge.judgeBy(trusted, now),
    sign: sign.signBy({ signer: key && { key, scope }, trusted, now, onWarning }),
    onWarning,
  });
}

function mirrorsOf({ shared, env }: MirrorsRequest): readonly MirrorSetting[] {
  const named = env['ASHLAR_MIRRORS'];
  if (named === undefined) return shared.mirrors;
  return named
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({
      address: word.replace(/^rw:/, ''),
      write: word.startsWith('rw:'),
      require: undefined,
    }));
}

async function openOne(
  address: Address,
  writable: boolean,
  env: NodeJS.ProcessEnv,
  times: Times,
): Promise<Mirror> {
  if (address.kind === 'directory') {
    const { directoryMirror } = await import('../cache/mirror/directory.ts');
    return directoryMirror(address.path, writable);
  }
  const { httpMirror } = await import('../cache/mirror/http.ts');
  return httpMirror(address, env, times);
}

/** ASHLAR_MIRROR_PATIENCE: seconds in which an answer has to begin, and to bring something. */
function timesOf(env: NodeJS.ProcessEnv, times: Times): Times {
  const seconds = Number(env['ASHLAR_MIRROR_PATIENCE'] ?? Number.NaN);
  const usable = seconds > 0 && seconds <= 3_600;
  return { ...times, ...(usable ? { spanMs: seconds * 1000 } : {}) };
}

/** The key in the environment, else the one that the settings name, where this machine has it. */
async function signingKey(
  { shared, env }: MirrorsRequest,
  out: Collector,
): Promise<PrivateKey | undefined> {
  const given = env['ASHLAR_SIGNING_KEY'];
  if (!given && shared.signKey === undefined) return undefined;
  const keys = await import('../cache/trust/key.ts');
  if (given) {
    const read = keys.readPrivateKey(given);
    if (read.ok) return read.value;
    for (const one of read.diagnostics)
      out.add({ ...one, message: `ASHLAR_SIGNING_KEY is ${one.message}` });
    return undefined;
  }
  const directory = keys.keyDirectory(env);
  return directory.ok ? out.take(keys.loadKey(directory.value, shared.signKey!)) : undefined;
}

/** A builder may take more than the tree asks for: its own results, that it may not sign as the tree wants. */
function accept(require: Requirement, env: NodeJS.ProcessEnv): Requirement {
  const more = (env['ASHLAR_ACCEPT_SCOPES'] ?? '').split(/[\s,]+/).filter((word) => word !== '');
  if (require.scopes === undefined || more.length === 0) return require;
  return { ...require, scopes: [...require.scopes, ...more] };
}

function noKey(mirror: string): Diagnostic {
  return {
    ...environmentError({
      code: 'mirror/no-signing-key',
      message: `nothing is sent to the mirror ${mirror}: it takes signed results only, and there is no key here`,
      hint: 'ashlar keys generate NAME, and "sign": {"key": "NAME"} in ashlar.json; or set ASHLAR_SIGNING_KEY',
    }),
    severity: 'warning',
  };
}
