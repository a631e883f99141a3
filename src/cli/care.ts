// What the commands that look after the store do: make room, show what is there, check it.
import { join } from 'node:path';
import {
  Collector,
  definitionError,
  environmentError,
  ok,
  type Result,
} from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { forgetOldAnswers } from '../cache/answers.ts';
import { collect } from '../cache/care/collect.ts';
import { sizeOf, takeInventory } from '../cache/care/inventory.ts';
import { readPins, removePin } from '../cache/care/pin.ts';
import { writeUsage } from '../cache/care/usage.ts';
import { verifyStore } from '../cache/care/verify.ts';
import { isWriteRefused, type Store } from '../cache/store.ts';
import { loadSettings } from '../package/settings.ts';
import { parseSize } from '../package/sharing.ts';
import { rebuildMemory } from '../task/rebuild.ts';
import type { Context } from './context.ts';
import { openUserStore, openUserStoreToRead } from './prepare.ts';
import { forgetUselessRecords } from './putback.ts';
import { byteCount } from './reporter/format.ts';
import { packagesDirectory } from './tree.ts';

/** `ashlar gc` */
export async function makeRoom(
  flags: { readonly maxSize?: string; readonly dryRun: boolean; readonly packages?: string },
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const out = new Collector();
  const asked = out.take(sizeOption(flags.maxSize));
  const settings = loadSettings(
    packagesDirectory({ ...context, packages: flags.packages }),
    context.cwd,
    out,
  );
  const store = openToMakeRoom(context.env, out);
  if (store === undefined || out.failed) return context.report(out.diagnostics);
  const maxBytes = asked ?? settings.storeLimit;
  try {
    const done = await collect(store, { maxBytes, dryRun: flags.dryRun, signal });
    if (done === undefined) {
      context.print('another process is making room in this store\n');
      return context.report(out.diagnostics);
    }
    if (!flags.dryRun) {
      forgetOldAnswers(store.root);
      forgetUselessRecords(store);
    }
    const would = flags.dryRun ? 'would be ' : '';
    context.print(
      `${count(done.results, 'result')}, ${count(done.layers, 'layer')} and ${count(done.blobs, 'blob')} ${would}removed: ` +
        `${byteCount(done.bytesBefore)} → ${byteCount(done.bytesAfter)}\n`,
    );
    if (maxBytes !== undefined && done.bytesAfter > maxBytes && !signal.aborted) {
      out.add({
        ...environmentError({
          code: 'store/over-limit',
          message: `the store keeps ${byteCount(done.bytesAfter)}, more than ${byteCount(maxBytes)}: running builds may need it, or it is pinned`,
          hint: 'ashlar cache stat shows the pins; run it again when no build is running',
        }),
        severity: 'warning',
      });
    }
  } catch (error) {
    out.add(systemError('make room in the store', error, store.root));
  }
  context.report(out.diagnostics);
}

/** What cannot be written has to be made room in by somebody else. */
function openToMakeRoom(env: NodeJS.ProcessEnv, out: Collector): Store | undefined {
  const own = new Collector();
  const store = openUserStore(env, own);
  const hint =
    'room is made where the store can be written, by who it belongs to; ashlar cache stat and cache verify only read';
  out.add(...own.diagnostics.map((one) => (isWriteRefused(one) ? { ...one, hint } : one)));
  return store;
}

function sizeOption(text: string | undefined): Result<number | undefined> {
  const bytes = text === undefined ? undefined : parseSize(text);
  if (text === undefined || bytes !== undefined) return ok(bytes);
  const message = `--max-size ${text}: expected a size such as 500MB, 20GB or 1.5TiB`;
  return { ok: false, diagnostics: [definitionError({ code: 'store/size', message })] };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** What lies in a store beside results, blobs and layers, and may be of some size. */
const OTHERS = ['git', 'answers', 'restore', 'partial', 'kept', 'quarantine', 'log', 'work', 'tmp'];

/** `ashlar cache stat` */
export function showUsage(
  flags: { readonly json: boolean; readonly packages?: string },
  context: Context,
): void {
  const out = new Collector();
  const settings = loadSettings(
    packagesDirectory({ ...context, packages: flags.packages }),
    context.cwd,
    out,
  );
  const open = openUserStoreToRead(context.env, out);
  if (open === undefined) return context.report(out.diagnostics);
  const { store, writable } = open;
  const { results, blobs, layers, bytes } = takeInventory(store);
  const sum = (sizes: readonly { readonly size: number }[]): number =>
    sizes.reduce((total, { size }) => total + size, 0);
  const usage = {
    atMs: Date.now(),
    bytes,
    results: results.length,
    blobs: blobs.length,
    layers: layers.length,
  };
  try {
    if (writable) writeUsage(store, usage);
  } catch (error) {
    out.add(systemError('write to the store', error, store.root));
  }
  const others = OTHERS.map((name) => ({ name, size: sizeOf(join(store.root, name)) }));
  const pins = readPins(store);
  const used = results.map(({ usedMs }) => usedMs);
  const oldestMs = used.reduce((least, ms) => Math.min(least, ms), Infinity);
  if (flags.json) {
    const shown = {
      store: store.root,
      writable,
      limit: settings.storeLimit ?? null,
      ...usage,
      blobBytes: sum(blobs),
      layerBytes: sum(layers),
      oldestUseMs: Number.isFinite(oldestMs) ? Math.round(oldestMs) : null,
      pins,
      others: Object.fromEntries(others.map(({ name, size }) => [name, size])),
    };
    context.print(`${JSON.stringify(shown)}\n`);
    return context.report(out.diagnostics);
  }
  const lines: [string, string][] = [
    ['store', `${store.root}${writable ? '' : ', which cannot be written'}`],
    [
      'size',
      `${byteCount(bytes)}${settings.storeLimit === undefined ? ', no limit' : ` of ${byteCount(settings.storeLimit)}`}`,
    ],
    ['results', String(results.length)],
    ['blobs', `${blobs.length}, ${byteCount(sum(blobs))}`],
  ];
  if (layers.length > 0) lines.push(['layers', `${layers.length}, ${byteCount(sum(layers))}`]);
  if (Number.isFinite(oldestMs)) {
    lines.push(['oldest use', new Date(oldestMs).toISOString().slice(0, 16).replace('T', ' ')]);
  }
  for (const { name, keys } of pins)
    lines.push(['pin', `${name}, ${count(keys.length, 'result')}`]);
  for (const { name, size } of others) if (size > 0) lines.push([name, byteCount(size)]);
  for (const [name, value] of lines) context.print(`${name.padEnd(11)} ${value}\n`);
  context.report(out.diagnostics);
}

/** `ashlar cache verify` */
export function verify(
  flags: { readonly json: boolean },
  context: Context,
  signal: AbortSignal,
): void {
  const out = new Collector();
  const open = openUserStoreToRead(context.env, out);
  if (open === undefined) return context.report(out.diagnostics);
  const { store, writable } = open;
  try {
    const found = verifyStore(store, { signal, putAside: writable });
    // Only explanations need it, and it can be told anew from what is here.
    const remembered = signal.aborted || !writable ? 0 : rebuildMemory(store);
    if (flags.json) context.print(`${JSON.stringify({ ...found, remembered })}\n`);
    else {
      const incomplete =
        found.incomplete === 0 ? '' : `, ${found.incomplete} of them with files that are not here`;
      context.print(
        `${count(found.blobs, 'blob')} (${byteCount(found.bytes)}) and ${count(found.results, 'result')}${incomplete}: ` +
          `${found.damaged.length === 0 ? 'nothing is damaged' : `${found.damaged.length} damaged`}\n`,
      );
      if (remembered > 0) {
        context.print(`${count(remembered, 'record')} found again, for explanations\n`);
      }
    }
    for (const { path, reason } of found.damaged) {
      out.add(
        environmentError({
          code: 'store/damaged',
          message: `${path} is damaged: ${reason}`,
          hint: writable
            ? 'it lies in quarantine now, and is made anew when it is needed; check the disk'
            : 'it is still there, as the store cannot be written: run it again where it can be; check the disk',
        }),
      );
    }
  } catch (error) {
    out.add(systemError('check the store', error, store.root));
  }
  context.report(out.diagnostics);
}

/** `ashlar cache unpin` */
export function unpin(name: string, context: Context): void {
  const out = new Collector();
  const store = openUserStore(context.env, out);
  if (store === undefined) return context.report(out.diagnostics);
  try {
    const known = readPins(store).map((one) => one.name);
    if (known.includes(name) && removePin(store, name))
      context.print(`${name} is not pinned any more\n`);
    else {
      const hint = known.length === 0 ? 'there are no pins' : `there are ${known.join(', ')}`;
      out.add(definitionError({ code: 'pin/unknown', message: `there is no pin "${name}"`, hint }));
    }
  } catch (error) {
    out.add(systemError('take back the pin', error));
  }
  context.report(out.diagnostics);
}
