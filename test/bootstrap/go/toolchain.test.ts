// Finding Go: that of the path, that of GOROOT, and what is said where there is none.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatDiagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { goLanguage } from '../../../src/bootstrap/go/language.ts';
import { findToolchain, type Toolchain } from '../../../src/bootstrap/go/toolchain.ts';
import { scratch, type Scratch } from '../../rig/scratch.ts';

/** A toolchain of shell scripts for two hosts, of which the first is this one. */
function fakeGo(space: Scratch, tools: readonly string[] = ['compile', 'link']): string {
  const root = space.at('go');
  mkdirSync(`${root}/bin`, { recursive: true });
  for (const host of ['this_one', 'other_one']) {
    mkdirSync(`${root}/pkg/tool/${host}`, { recursive: true });
    for (const tool of tools) writeFileSync(`${root}/pkg/tool/${host}/${tool}`, '');
  }
  writeFileSync(
    `${root}/bin/go`,
    `#!/bin/sh
    [ -z "\${GOOS-}\${GOARCH-}" ] && [ "$GOTOOLCHAIN" = local ] && [ "$*" = "env GOROOT GOTOOLDIR GOVERSION" ] || exit 3
    printf '%s\\n' "${root}" "${root}/pkg/tool/this_one" "$FAKE_VERSION"`,
  );
  chmodSync(`${root}/bin/go`, 0o755);
  return root;
}

function shown(result: Result<Toolchain>): string {
  return result.ok ? 'found' : result.diagnostics.map((one) => formatDiagnostic(one)).join('\n');
}

test('the go of the path says where everything is', () => {
  using space = scratch();
  const root = fakeGo(space);
  const env = { PATH: `${root}/bin:/bin:/usr/bin`, FAKE_VERSION: 'go1.99' };
  expect(findToolchain(env)).toEqual({
    ok: true,
    value: {
      root,
      compile: `${root}/pkg/tool/this_one/compile`,
      link: `${root}/pkg/tool/this_one/link`,
      version: 'go1.99',
    },
  });
});

test('GOROOT goes before the path, and GOOS and GOARCH choose tools that are there', () => {
  using space = scratch();
  const env = { PATH: '/bin:/usr/bin', GOROOT: fakeGo(space) };
  const tools = (more: Record<string, string>): unknown =>
    goLanguage.machine.find('.', { ...env, ...more })['GoCompile'];
  expect(tools({})).toMatch(/this_one\/compile$/);
  expect(tools({ GOOS: 'other', GOARCH: 'one' })).toMatch(/other_one\/compile$/);
  expect(tools({ GOOS: 'plan9', GOARCH: 'one' })).toMatch(/this_one\/compile$/);
});

test('an old Go has its version in a file, maybe', () => {
  using space = scratch();
  const root = fakeGo(space);
  const version = (): string | undefined =>
    goLanguage.machine.find('.', { PATH: '/bin:/usr/bin', GOROOT: root })['GoVersion'];
  expect(version()).toBe('unknown');
  writeFileSync(`${root}/VERSION`, 'go1.9\ntime 2017\n');
  expect(version()).toBe('go1.9');
});

test('no Go', () => {
  expect(shown(findToolchain({ PATH: '/nowhere' }))).toMatchInlineSnapshot(`
    "error: there is no \`go\` in PATH
      hint: install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is"
  `);
  expect(shown(findToolchain({ PATH: '/bin', GOROOT: '/nowhere' }))).toMatchInlineSnapshot(`
    "error: there is no /nowhere/bin/go, as GOROOT has it
      hint: install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is"
  `);
  expect(goLanguage.machine.find('.', { PATH: '/nowhere' })).toEqual({});
});

test('a Go that does not work', () => {
  using space = scratch();
  const root = fakeGo(space);
  writeFileSync(`${root}/bin/go`, '#!/bin/sh\necho broken >&2; exit 2\n');
  const text = shown(findToolchain({ PATH: '/bin:/usr/bin', GOROOT: root }));
  expect(text.replaceAll(root, 'ROOT')).toMatchInlineSnapshot(`
    "error: \`ROOT/bin/go env\` failed: broken
      hint: install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is"
  `);
});

test('a Go without its compiler', () => {
  using space = scratch();
  const root = fakeGo(space, ['link']);
  const text = shown(findToolchain({ PATH: '/bin:/usr/bin', GOROOT: root }));
  expect(text.replaceAll(root, 'ROOT')).toMatchInlineSnapshot(`
    "error: the Go toolchain in ROOT has no ROOT/pkg/tool/this_one/compile
      hint: install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is"
  `);
});
