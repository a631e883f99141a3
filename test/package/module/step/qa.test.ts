// What each check finds, and what it leaves alone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { StepPackage } from '../../../../src/package/module/step/kind.ts';
import { CHECKS, qa } from '../../../../src/package/module/step/qa.ts';
import { scratch, type Scratch } from '../../../rig/scratch.ts';

/** The faults of what lies in a directory, one folder for each package; undefined for none. */
async function faults(
  directory: Scratch,
  names: readonly string[],
  skip: readonly string[] = [],
  { conffiles = [], owners = [] }: { conffiles?: string[]; owners?: string[] } = {},
): Promise<string[] | undefined> {
  mkdirSync(directory.at('out'), { recursive: true });
  const { run } = qa.prepare({
    package: {
      name: 'p',
      prefix: '/opt/x',
      root: '/opt/x',
      subpackages: names.map((name) => ({ name, files: [], description: undefined, requires: [] })),
      conffiles,
      owners: owners.map((file) => ({ files: [file], user: 'x', group: undefined })),
    } as unknown as StepPackage,
    element: undefined,
    inputs: new Map([['split', '/split']]),
    outputs: { qa: { at: '/out/report', kind: 'file' } },
    skip,
  });
  const result = await run({
    locate: (inside) => join(directory.path, inside),
    log: () => undefined,
    progress: () => undefined,
    signal: new AbortController().signal,
  });
  if (!result.ok)
    return result.diagnostics.flatMap(
      ({ notes, message }) => notes?.map((note) => note.message) ?? [message],
    );
  expect(readFileSync(directory.at('out/report'), 'utf8')).toBe('ok\n');
  return undefined;
}

function write(directory: Scratch, path: string, text: string | Buffer): string {
  const file = directory.at('split', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test('a sound package has none', async () => {
  using directory = scratch();
  write(directory, 'p/bin/a', '#!/bin/sh\necho a\n');
  symlinkSync('a', directory.at('split/p/bin/b'));
  symlinkSync('/etc/passwd', directory.at('split/p/bin/outside'));
  symlinkSync('../../other/x', directory.at('split/p/bin/of-another'));
  write(directory, 'p-dev/lib/a.a', '');
  expect(await faults(directory, ['p-dev', 'p'])).toBeUndefined();
});

test('each fault is told with its file and its check', async () => {
  using directory = scratch();
  const source = directory.at('x.c');
  writeFileSync(source, 'int x(void) { return 0; }\n');
  const library = write(directory, 'p/lib/libx.so.1', '');
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    '-Wl,-rpath,/home/me/lib:$ORIGIN:/opt/x/lib',
    '-o',
    library,
    source,
  ]);
  const foreign = readFileSync(library);
  // A machine that nobody has.
  foreign.writeUInt16LE(0xfefe, 18);
  write(directory, 'p/lib/libforeign.so.1', foreign);
  write(directory, 'p/bin/long', `#!/opt/x/${'a'.repeat(200)}\n`);
  write(directory, 'p/share/where', 'built in /pkg/work/x');
  write(directory, 'p/lib/libx.a', '');
  write(directory, 'p/lib/libx.la', '');
  symlinkSync('libx.so.1', directory.at('split/p/lib/libx.so'));
  symlinkSync('nothing', directory.at('split/p/bin/dangling'));
  symlinkSync('/pkg/install/opt/x/bin/long', directory.at('split/p/bin/back'));
  write(directory, 'p-dev/include/x.h', '');
  const found = await faults(directory, ['p-dev', 'p']);
  expect(found!.map((line) => line.replace(/: .*\[/, ' [').replace(/^p: /, ''))).toEqual([
    'p [links]',
    'p [links]',
    'p [shebang]',
    'p [arch]',
    'p [rpaths]',
    'p [dev]',
    'p [libtool]',
    'p [dev]',
    'p [rpaths]',
    'p [buildpaths]',
  ]);
  expect(found).toContain('p: lib/libx.so.1: it looks for libraries in /home/me/lib [rpaths]');
  expect(await faults(directory, ['p-dev', 'p'], Object.keys(CHECKS))).toBeUndefined();
});

test('a check that does not exist is told of', async () => {
  using directory = scratch();
  expect(await faults(directory, ['p'], ['rpath'])).toEqual(['there is no check "rpath"']);
});

test('of a path that a compiler left it is told how to be rid of it', async () => {
  using directory = scratch();
  write(directory, 'p/lib/a.a', '/pkg/work/x.c');
  write(directory, 'p/share/text', '/pkg/work/x.c');
  expect(await faults(directory, ['p'])).toEqual([
    'p: lib/a.a: it holds the path /pkg/work of its build; strip it, or compile it with -ffile-prefix-map=/pkg/work=. [buildpaths]',
    'p: share/text: it holds the path /pkg/work of its build [buildpaths]',
  ]);
});

test('patterns that name nothing are faults, whatever they are for', async () => {
  using directory = scratch();
  write(directory, 'p/etc/a', '');
  mkdirSync(directory.at('split/p/var'));
  const told = { conffiles: ['etc/a', 'etc/b', 'var'], owners: ['var', 'srv'] };
  expect(await faults(directory, ['p'], [], told)).toEqual([
    'p: conffiles names etc/b, but no file is called so [conffiles]',
    'p: conffiles names var, but no file is called so [conffiles]',
    'p: owners names srv, but no path is called so [owners]',
  ]);
  expect(await faults(directory, ['p'], ['conffiles', 'owners'], told)).toBeUndefined();
});
