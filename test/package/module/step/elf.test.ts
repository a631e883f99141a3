// ELF files as the compiler makes them, and bytes that are none.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readElf } from '../../../../src/package/module/step/elf.ts';
import { scratch } from '../../../rig/scratch.ts';

test('a library says its name, what it needs, and where it looks', () => {
  using directory = scratch();
  const source = join(directory.path, 'x.c');
  writeFileSync(source, '#include <math.h>\ndouble x(double y) { return cos(y); }\n');
  const file = join(directory.path, 'libx.so.1');
  execFileSync('cc', [
    '-g',
    '-shared',
    '-fPIC',
    '-Wl,-soname,libx.so.1',
    '-Wl,-rpath,/opt/a/lib:/opt/b',
    '-o',
    file,
    source,
    '-lm',
  ]);
  const elf = readElf(readFileSync(file))!;
  expect(elf).toMatchObject({
    bits: 64,
    soname: 'libx.so.1',
    searched: ['/opt/a/lib', '/opt/b'],
    textRelocations: false,
    debug: true,
  });
  expect(elf.needed).toContain('libm.so.6');
  expect(elf.machine).toBe({ x64: 62, arm64: 183 }[process.arch as 'x64']);
  execFileSync('strip', [file]);
  expect(readElf(readFileSync(file))!.debug).toBe(false);
});

test('anything else is no ELF file, however much it looks like one', () => {
  const real = readFileSync('/bin/true');
  expect(readElf(real)).toBeDefined();
  expect(readElf(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
  fc.assert(
    fc.property(
      fc.nat(real.length),
      fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 20 }),
      (length, changes) => {
        const bytes = Buffer.from(real.subarray(0, length));
        for (const [at, value] of changes) if (at >= 4 && at < bytes.length) bytes[at] = value;
        readElf(bytes);
      },
    ),
  );
});
