// What `ashlar keys` does. Private halves are never printed.
import { Collector, definitionError } from '../base/diagnostic.ts';
import {
  generateKey,
  keyDirectory,
  listKeys,
  loadKey,
  saveKey,
  writePublicKey,
} from '../cache/trust/key.ts';
import type { TrustedKey } from '../cache/trust/policy.ts';
import { loadSettings } from '../package/settings.ts';
import type { Context } from './context.ts';
import { packagesDirectory } from './tree.ts';

export function generate(name: string, context: Context): void {
  const out = new Collector();
  const directory = out.take(keyDirectory(context.env));
  const key = out.take(generateKey(name));
  if (directory !== undefined && key !== undefined) {
    const path = out.take(saveKey(directory, key));
    if (path !== undefined) context.print(`${writePublicKey(key)}\nprivate half: ${path}\n`);
  }
  context.report(out.diagnostics);
}

export function show(name: string, context: Context): void {
  const out = new Collector();
  const directory = out.take(keyDirectory(context.env));
  const key = directory === undefined ? undefined : out.take(loadKey(directory, name));
  if (key !== undefined) context.print(`${writePublicKey(key)}\n`);
  else if (!out.failed) {
    out.add(
      definitionError({
        code: 'keys/unknown',
        message: `there is no key "${name}" on this machine`,
        hint: `ashlar keys generate ${name} makes one, ashlar keys list shows those that are here`,
      }),
    );
  }
  context.report(out.diagnostics);
}

export function list(packages: string | undefined, context: Context): void {
  const out = new Collector();
  const directory = keyDirectory(context.env);
  const settings = loadSettings(
    packagesDirectory({ cwd: context.cwd, env: context.env, packages }),
    context.cwd,
    out,
  );
  const { trusted, signKey } = settings.sharedState;
  const lines: string[][] = [];
  const here = new Set<string>();
  for (const name of directory.ok ? listKeys(directory.value) : []) {
    const key = directory.ok ? out.take(loadKey(directory.value, name)) : undefined;
    if (key === undefined) continue;
    here.add(key.id);
    const trust = trusted.find(({ id }) => id === key.id);
    const notes = ['private half here'];
    if (signKey === name) notes.push('signs');
    notes.push(trust === undefined ? 'not trusted by this tree' : statusOf(trust, Date.now()));
    lines.push([name, key.id.slice(0, 16), notes.join(', ')]);
  }
  for (const key of trusted) {
    if (!here.has(key.id)) lines.push([key.name, key.id.slice(0, 16), statusOf(key, Date.now())]);
  }
  const width = Math.max(0, ...lines.map(([name]) => name!.length));
  for (const [name, id, notes] of lines) context.print(`${name!.padEnd(width)}  ${id}  ${notes}\n`);
  if (lines.length === 0) context.print('no keys; ashlar keys generate NAME makes one\n');
  context.report(out.diagnostics);
}

function statusOf({ scopes, expiresMs, revoked }: TrustedKey, nowMs: number): string {
  const scope = scopes === undefined ? '' : ` for ${scopes.join(', ')}`;
  if (revoked) return 'revoked';
  if (expiresMs === undefined) return `trusted${scope}`;
  const day = new Date(expiresMs).toISOString().slice(0, 10);
  return nowMs >= expiresMs ? `expired on ${day}` : `trusted${scope} until ${day}`;
}
