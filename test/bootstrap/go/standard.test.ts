// The script that gives a Go tool the standard library: with toolchains of shell scripts that write down how they
// are called.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WITH_STANDARD_LIBRARY } from '../../../src/bootstrap/go/standard.ts';
import { scratch, type Scratch } from '../../rig/scratch.ts';

let space: Scratch;
let version: string;
beforeEach(() => {
  space = scratch();
  write('out dir/.go/main', `${WITH_STANDARD_LIBRARY.join('\n')}\n`);
  write('root/pkg/tool/linux_amd64/compile', '#!/bin/sh\nprintf "%s\\n" "$@" "${GOOS-}"', 0o755);
  version = 'go1.99 linux';
  for (const name of ['fmt', 'runtime', 'net/http', 'unsafe', 'text'])
    mkdirSync(space.at('root/src', name), { recursive: true });
  // As `go list` answers: with the dependencies, and not for what is no package.
  write(
    'root/bin/go',
    `#!/bin/sh
    printf '%s\\n' "$*" >> "${space.at('calls')}"
    for path in fmt runtime net/http vendor/x/y; do
      echo "$path" > "$GOROOT/made"
      mkdir -p "$GOROOT/cache"; cp "$GOROOT/made" "$GOROOT/cache/$(basename "$path")"
      echo "$path $GOROOT/cache/$(basename "$path")"
    done`,
    0o755,
  );
});
afterEach(() => space[Symbol.dispose]());

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(space.at(path)), { recursive: true });
  writeFileSync(space.at(path), text);
  chmodSync(space.at(path), mode);
}

function run(...argv: readonly string[]): string[] {
  const tool = space.at('root/pkg/tool/linux_amd64/compile');
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['out dir/.go/main', version, argv[0]!, tool, ...argv.slice(1)],
    {
      cwd: space.path,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], GOROOT: space.at('root'), GOOS: 'plan9' },
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.split('\n');
}

const calls = (): string[] =>
  existsSync(space.at('calls')) ? readFileSync(space.at('calls'), 'utf8').trim().split('\n') : [];

const STD = 'out dir/.go/std/go1.99_linux-linux_amd64';

test('a toolchain that comes with the library is left alone, but for the platform', () => {
  write('root/pkg/linux_amd64/runtime.a', '');
  write('a.go', 'package a\nimport "fmt"\n');
  expect(run('-I', '-o', 'a.a', 'a.go')).toEqual(['-o', 'a.a', 'a.go', '', '']);
  expect(calls()).toEqual([]);
});

describe('a toolchain without the library', () => {
  test('gets what the sources import, and what that needs', () => {
    write('a.go', 'package a\n\nimport (\n\t"fmt"\n\tx "net/http"\n\t"unsafe"\n\t"tree/own"\n)\n');
    expect(run('-I', '-o', 'a.a', 'a.go')).toEqual(['-I', STD, '-o', 'a.a', 'a.go', '', '']);
    expect(calls()).toEqual([
      'list -e -export -deps -f {{if .Export}}{{.ImportPath}} {{.Export}}{{end}} runtime fmt net/http',
    ]);
    expect(readFileSync(space.at(STD, 'net/http.a'), 'utf8')).toBe('net/http\n');
    expect(readFileSync(space.at(STD, 'vendor/x/y.a'), 'utf8')).toBe('vendor/x/y\n');
  });

  test('asks once for what is there then', () => {
    write('a.go', 'package a\nimport "fmt"\n');
    run('-I', 'a.go');
    run('-I', 'a.go');
    expect(calls()).toHaveLength(1);
    rmSync(space.at(STD), { recursive: true });
    run('-I', 'a.go');
    expect(calls()).toHaveLength(2);
  });

  test('does not look for imports behind the first declaration', () => {
    write('a.go', 'package a\nimport `fmt`\nfunc A() { f("net/http") }\n');
    run('-I', 'a.go');
    expect(calls()[0]).toMatch(/ runtime fmt$/);
  });

  test('keeps what another version compiled apart', () => {
    write('a.go', 'package a\nimport "fmt"\n');
    run('-I', 'a.go');
    version = 'go2.0';
    expect(run('-I', 'a.go')[1]).toBe('out dir/.go/std/go2.0-linux_amd64');
    expect(calls()).toHaveLength(2);
  });

  test('links with what was compiled', () => {
    expect(run('-L', '-o', 'a', 'a.a')).toEqual(['-L', STD, '-o', 'a', 'a.a', '', '']);
    expect(calls()).toEqual([]);
  });

  test('a source that imports nothing needs the runtime all the same', () => {
    write('a.go', 'package a\n');
    run('-I', 'a.go');
    expect(calls()[0]).toMatch(/ runtime$/);
  });
});
