// Outputs that were removed are put back by the launcher, without Node, exactly as they were; whatever is not as it was
// recorded, it starts. Killed at any program that it calls, nothing half done is there.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BLOB_TIME } from '../../src/cache/store.ts';
import { createCountedRig, type CountedRig } from '../rig/counted.ts';
import { PROJECT, type Rig } from '../rig/program.ts';

let counted: CountedRig;
let rig: Rig;
const build: CountedRig['build'] = (...argv) => counted.build(...argv);
const at = (path: string): string => join(rig.packages, path);
const store = (path: string): string => join(rig.directory, 'store', path);

beforeAll(() => {
  counted = createCountedRig();
  ({ rig } = counted);
  cpSync(join(PROJECT, 'examples/hello/packages'), rig.packages, {
    recursive: true,
    filter: (file) => !file.endsWith('/cache'),
  });
});
afterAll(() => counted[Symbol.dispose]());

const drop = (): void => counted.drop('cache');
const settle = (): void => counted.settle('cache');

/** All that lies in the directory of outputs, but what is recorded for the launcher. */
function outputs(): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(at('cache'))) return found;
  for (const path of readdirSync(at('cache'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (path.startsWith('.ashlar') || path === 'log' || path.startsWith('log/')) continue;
    const file = at(`cache/${path}`);
    const { mode, mtimeMs, ino } = lstatSync(file);
    const blob = mtimeMs === BLOB_TIME * 1000 ? ` ${ino}` : '';
    const holds = lstatSync(file).isFile() ? readFileSync(file).toString('base64') : '';
    found[path] = `${mode.toString(8)} ${holds}${blob}`;
  }
  return found;
}

describe('what was removed', () => {
  test('is put back as it was, with the words of Node, and nothing is left to do then', () => {
    settle();
    const before = outputs();
    drop();
    rmSync(store('restore'), { recursive: true });
    const byNode = build();
    expect(byNode.started).toBe(true);
    expect(outputs()).toEqual(before);
    const times = timesOfDirectories();
    drop();
    const run = build();
    expect(run).toMatchObject({ status: 0, started: false, stdout: byNode.stdout });
    const withoutTime = (text: string): string => text.replace(/in \d+\.\d s/, 'in 0.0 s');
    expect(linesOf(withoutTime(run.stderr))).toEqual(linesOf(withoutTime(byNode.stderr)));
    expect(outputs()).toEqual(before);
    expect(timesOfDirectories()).toEqual(times);
    expect(build()).toMatchObject({ started: false, stderr: '5 up to date in 0.0 s\n' });
    expect(readdirSync(store('tmp'))).toEqual([]);
    // Node sees in it what it would have put there itself.
    unlinkSync(at('cache/.ashlar/noop.key'));
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(outputs()).toEqual(before);
  });

  test('is put back for what was asked for, and named', () => {
    expect(build(['hello']).status).toBe(0);
    drop();
    const run = build(['hello']);
    expect(run).toMatchObject({ status: 0, started: false });
    expect(run.stdout).toMatch(/^hello {2}cache\/packages\/hello\/hello--.*\.tar\.xz\n$/);
    expect(existsSync(at('cache/packages/clock'))).toBe(false);
  });

  test('is put back once by two at once', async () => {
    settle();
    const before = outputs();
    for (let i = 0; i < 5; i++) {
      drop();
      const both = await Promise.all([1, 2].map(() => rig.start(['build']).ended));
      expect(both.map(({ status }) => status)).toEqual([0, 0]);
      expect(outputs()).toEqual(before);
      expect(readdirSync(store('tmp'))).toEqual([]);
    }
  });
});

/** Those on the way to outputs. */
function timesOfDirectories(): Record<string, number> {
  const all = readdirSync(at('cache'), { recursive: true, withFileTypes: true });
  const directories = all.filter((entry) => entry.isDirectory() && entry.name !== '.ashlar');
  return Object.fromEntries(
    directories.map(({ parentPath, name }) => [name, lstatSync(join(parentPath, name)).mtimeMs]),
  );
}

function linesOf(text: string): string[] {
  return text.split('\n').sort();
}

/** The blob that an archive is a link to. */
function blobOf(name: string): string {
  const id = rig.read(`cache/packages/${name}/latest`);
  const { ino } = lstatSync(at(`cache/packages/${name}/${id}.tar.xz`));
  const all = readdirSync(store('cas'), { recursive: true, withFileTypes: true });
  const blobs = all.filter((entry) => entry.isFile());
  const paths = blobs.map((entry) => join(entry.parentPath, entry.name));
  return paths.find((path) => lstatSync(path).ino === ino)!;
}

/** The record's own directory. */
function record(): string {
  const name = readdirSync(store('restore')).find((one) => !one.endsWith('.key'))!;
  return store(`restore/${name}`);
}

describe('Node is started, and all is right,', () => {
  /** Each is done before the outputs are removed. */
  const changes: Record<string, () => void> = {
    'after a file was edited': () => writeFileSync(at('clock/extra/note'), String(Math.random())),
    'after a file was edited and got its old time and size': () => {
      const file = at('greeting/buildinfo.json');
      const text = readFileSync(file, 'utf8');
      const { atime, mtime } = lstatSync(file);
      writeFileSync(file, text.includes(' ') ? text.replace(' ', '\n') : text.replace('\n', ' '));
      utimesSync(file, atime, mtime);
    },
    'with a package more': () => cpSync(at('banner'), at('banner-too'), { recursive: true }),
    'with a package less': () => rmSync(at('banner-too'), { recursive: true }),
    'with settings more': () => writeFileSync(at('ashlar.json'), '{}\n'),
    'with other files beside the packages': () => writeFileSync(at('notes'), ''),
    'where a blob is gone': () => unlinkSync(blobOf('hello')),
    'where somebody wrote to a blob': () => {
      const blob = blobOf('hello');
      chmodSync(blob, 0o644);
      writeFileSync(blob, 'something else');
    },
    'where somebody changed the mode of a blob': () => chmodSync(blobOf('clock'), 0o600),
    'where all results are gone': () => rmSync(store('ac'), { recursive: true }),
    'where the results are other files': () => {
      for (const part of readdirSync(store('ac'))) {
        for (const name of readdirSync(store(`ac/${part}`))) {
          const file = store(`ac/${part}/${name}`);
          cpSync(file, `${file}.new`, { preserveTimestamps: true });
          renameSync(`${file}.new`, file);
        }
      }
    },
    'where somebody wrote to a file that leads to archives': () => {
      const file = at('cache/packages/clock/latest');
      writeFileSync(file, rig.read('cache/packages/clock/latest').replace('clock', 'clack'));
    },
    'where the archive of the record is cut off': () => {
      const file = join(record(), 'noop.cache.tar');
      writeFileSync(file, readFileSync(file).subarray(0, 2048));
    },
    'where a part of the record is missing': () => unlinkSync(join(record(), 'noop.results')),
    'where the record is of another version': () => {
      const name = readdirSync(store('restore')).find((one) => one.endsWith('.key'))!;
      const text = readFileSync(store(`restore/${name}`), 'utf8');
      writeFileSync(store(`restore/${name}`), text.replace(/^-- 4 /m, '-- 5 '));
    },
  };

  test.each(Object.keys(changes))('%s', (name) => {
    settle();
    changes[name]!();
    drop();
    expect(build()).toMatchObject({ status: 0, started: true });
    const made = outputs();
    expect(rig.read('cache/packages/clock/latest')).toMatch(/^clock--/);
    // From here on there is a new record, of the same.
    settle();
    expect(outputs()).toEqual(made);
  });

  test('where something lies in place of the outputs', () => {
    settle();
    const made = outputs();
    drop();
    mkdirSync(at('cache/packages'), { recursive: true });
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(outputs()).toEqual(made);
    drop();
    const elsewhere = join(rig.directory, 'elsewhere');
    symlinkSync(elsewhere, at('cache'));
    mkdirSync(elsewhere);
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(readlinkSync(at('cache'))).toBe(elsewhere);
    rmSync(elsewhere, { recursive: true });
    expect(build().started).toBe(true);
    unlinkSync(at('cache'));
    settle();
    writeFileSync(at('file'), '');
    drop();
    renameSync(at('file'), at('cache'));
    expect(build()).toMatchObject({ status: 3, started: true });
    expect(lstatSync(at('cache')).isFile()).toBe(true);
    unlinkSync(at('cache'));
  });
});

test('killed at any program that it calls, it leaves all or nothing', () => {
  settle();
  const whole = outputs();
  const began = Date.now();
  // Old enough for results to be marked as used.
  const old = readdirSync(store('restore')).find((one) => one.endsWith('.key'))!;
  let calls = 0;
  for (let ended = false; !ended && calls < 100;) {
    calls++;
    drop();
    utimesSync(store(`restore/${old}`), began / 1000 - 7200, began / 1000 - 7200);
    ended = counted.killedAt(calls);
    const left = outputs();
    if (Object.keys(left).length > 0) expect(left).toEqual(whole);
    else expect(ended).toBe(false);
    expect(build().status).toBe(0);
    expect(outputs()).toEqual(whole);
  }
  const called = counted.called();
  expect(called).toEqual(expect.arrayContaining(['tar', 'mv', 'touch']));
  expect(calls).toBe(called.length + 1);
});
