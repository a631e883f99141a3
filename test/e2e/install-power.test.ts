// Power cuts: the program's calls are written down and replayed on a model of a disk that forgets what was
// not flushed, each directory entry and file on its own. Whatever it forgets, at whatever call, the root
// has the old set or the new one, complete, and the next change succeeds.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { activeGeneration } from '../../src/install/inventory.ts';
import { rootAt, type Root } from '../../src/install/root.ts';
import { leftovers, memory, scratch, value } from '../install/rig.ts';
import { ashlar, changes, expectSet, packages, packArchive, template } from './install-rig.ts';

/** What is in memory, and what is on the disk. */
interface Both<T> {
  now: T;
  flushed: T;
}

type Inode =
  | { readonly kind: 'directory'; readonly entries: Both<Map<string, Inode>> }
  | { readonly kind: 'file'; readonly text: Both<string> }
  | { readonly kind: 'link'; readonly target: string };

type Call = readonly [name: string, path: string, other?: string];

/** A disk holding what a directory holds now, all of it flushed. */
function load(path: string): Inode {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
  if (found.isFile()) {
    const text = readFileSync(path, 'utf8');
    return { kind: 'file', text: { now: text, flushed: text } };
  }
  const entries = new Map(readdirSync(path).map((name) => [name, load(join(path, name))]));
  return { kind: 'directory', entries: { now: entries, flushed: new Map(entries) } };
}

class Disk {
  readonly #top: Inode;
  readonly #at: string;

  constructor(at: string) {
    this.#at = at;
    this.#top = load(at);
  }

  /** Does what a call did. The calls are those that succeeded. */
  apply([name, first, second]: Call): void {
    switch (name) {
      case 'mkdirSync':
        return this.#put(first, {
          kind: 'directory',
          entries: { now: new Map(), flushed: new Map() },
        });
      case 'symlinkSync':
        return this.#put(second!, { kind: 'link', target: first });
      case 'writeSync':
        return this.#put(first, { kind: 'file', text: { now: second!, flushed: '' } });
      case 'renameSync': {
        const inode = this.#entries(dirname(first)).get(basename(first))!;
        this.#entries(dirname(first)).delete(basename(first));
        return this.#put(second!, inode);
      }
      case 'unlinkSync':
      case 'rmdirSync':
        expect(this.#entries(dirname(first)).delete(basename(first))).toBe(true);
        return;
      case 'fsyncSync': {
        const inode = this.#find(first);
        if (inode.kind === 'directory') inode.entries.flushed = new Map(inode.entries.now);
        if (inode.kind === 'file') inode.text.flushed = inode.text.now;
        return;
      }
      // The write inside it is written down by itself.
      case 'writeFileSync':
      case 'chmodSync':
        return;
      default:
        throw new Error(`no model of ${name}`);
    }
  }

  /** Writes down what a power cut leaves: where memory and disk differ, `forgets` decides. */
  cutTo(path: string, forgets: () => boolean): void {
    write(this.#top, path, forgets);
  }

  #put(path: string, inode: Inode): void {
    this.#entries(dirname(path)).set(basename(path), inode);
  }

  #entries(path: string): Map<string, Inode> {
    const inode = this.#find(path);
    if (inode.kind !== 'directory') throw new Error(`${path} is not a directory`);
    return inode.entries.now;
  }

  #find(path: string): Inode {
    let inode = this.#top;
    for (const name of relative(this.#at, path).split('/')) {
      if (name === '') continue;
      const next = inode.kind === 'directory' ? inode.entries.now.get(name) : undefined;
      if (next === undefined) throw new Error(`no ${path} on the disk`);
      inode = next;
    }
    return inode;
  }
}

function write(inode: Inode, path: string, forgets: () => boolean): void {
  switch (inode.kind) {
    case 'link':
      return symlinkSync(inode.target, path);
    case 'file': {
      const { now, flushed } = inode.text;
      return writeFileSync(path, now !== flushed && forgets() ? flushed : now);
    }
    case 'directory': {
      mkdirSync(path);
      const { now, flushed } = inode.entries;
      for (const name of new Set([...now.keys(), ...flushed.keys()])) {
        const same = now.get(name) === flushed.get(name);
        const kept = (!same && forgets() ? flushed : now).get(name);
        if (kept !== undefined) write(kept, join(path, name), forgets);
      }
    }
  }
}

/** Runs a change for real and gives the calls that it made. */
async function callsOf(root: Root, args: readonly string[], directory: string): Promise<Call[]> {
  const trace = join(directory, 'trace');
  const ended = await ashlar(`trace:${trace}`, [...args, '--root', root.path]);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  const lines = readFileSync(trace, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Call);
}

const traced = Object.entries(changes).filter(([name]) => name !== 'an installation');

test.each(traced)('%s, power cut after each call', async (_, change) => {
  using dir = scratch(memory);
  const copy = await template(change, dir.path);
  const root = copy(0);
  const disk = new Disk(root.path);
  const calls = await callsOf(root, change.args(dir.path), dir.path);
  // How much is forgotten: everything, nothing, and twice some.
  const chance = fc.sample(fc.boolean(), { seed: 42, numRuns: 4096 });
  let toss = 0;
  const ways = [
    () => true,
    () => false,
    () => chance[toss++ % 4096]!,
    () => chance[toss++ % 4096]!,
  ];
  const seen = new Set<string | undefined>();
  for (const [i, call] of calls.entries()) {
    disk.apply(call);
    for (const [way, forgets] of ways.entries()) {
      const after = value(rootAt(join(dir.path, `cut-${i}-${way}`)));
      disk.cutTo(after.path, forgets);
      const active = activeGeneration(after);
      const set = active.ok ? active.value.packages.join(' ') : undefined;
      seen.add(set);
      expect([change.before, change.after]).toContain(set);
      expectSet(after, set);
      await change.again(after);
      expectSet(after, change.after);
      expect(leftovers(after)).toEqual([]);
    }
  }
  expect(seen).toEqual(new Set([change.before, change.after]));
});

test('the model forgets: without flushes a set would be lost', async () => {
  using dir = scratch(memory);
  const change = changes['an activation that prunes']!;
  const copy = await template(change, dir.path);
  const root = copy(0);
  const disk = new Disk(root.path);
  const calls = await callsOf(root, change.args(dir.path), dir.path);
  for (const call of calls) {
    if (call[0] !== 'fsyncSync' || call[1] === root.path) disk.apply(call);
  }
  const after = value(rootAt(join(dir.path, 'cut')));
  disk.cutTo(after.path, () => true);
  expect(activeGeneration(after).ok).toBe(false);
});

test('a package is on the disk whole before it has its name', async () => {
  using dir = scratch(memory);
  const change = changes['an installation']!;
  const copy = await template(change, dir.path);
  const root = copy(0);
  packArchive(join(dir.path, 'tool--2.tar.xz'), packages['tool--2']!);
  const calls = await callsOf(root, change.args(dir.path), dir.path);
  const named = calls.findIndex(
    ([name, , to]) => name === 'renameSync' && to === join(root.packages, 'tool--2'),
  );
  const from = calls[named]![1];
  const flushed = new Set(
    calls.slice(0, named).flatMap(([name, path]) => (name === 'fsyncSync' ? [path] : [])),
  );
  const all = [
    '',
    ...readdirSync(join(root.packages, 'tool--2'), { recursive: true, encoding: 'utf8' }),
  ];
  expect(all.length).toBeGreaterThan(Object.keys(packages['tool--2']!).length);
  for (const path of all) expect(flushed).toContain(join(from, path).replace(/\/$/, ''));
  expect(calls.slice(named + 1).map(([name, path]) => `${name} ${path}`)).toContain(
    `fsyncSync ${root.packages}`,
  );
});
