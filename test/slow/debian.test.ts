// Real upstream software from this machine's own mirror: built in the sandbox, installed, run, built again.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, type Rig } from '../rig/program.ts';

let rig: Rig;
beforeAll(() => {
  rig = createRig('debian');
});
afterAll(() => rig[Symbol.dispose]());

/** The end of a build that did what it should; the whole output otherwise. */
function summary(argv: readonly string[]): string {
  const { status, stderr } = rig.run(argv);
  return status === 0
    ? stderr
        .trim()
        .split('\n')
        .at(-1)!
        .replace(/ in .*/, '')
    : stderr;
}

test('the plain tree builds from source: bzip2, curl without TLS, lua, xz, zlib', () => {
  expect(summary(['build', '--variant', 'plain'])).toBe('15 ran');
});

test('its programs run below a root', () => {
  const root = join(rig.directory, 'root');
  const installed = rig.run([
    'install',
    '--root',
    root,
    '--activate',
    'curl:plain',
    'bzip2',
    'lua',
    'xz',
  ]);
  expect(installed).toMatchObject({ status: 0, stderr: '' });
  const run = (program: string, ...argv: string[]): string =>
    execFileSync(join(root, 'bin', program), argv, { encoding: 'utf8', env: {} });
  expect(run('curl', '--version')).toMatch(/^curl 7\.88\.1 .* zlib\/1\.2\.13/);
  expect(run('lua', '-e', 'print(6 * 7)')).toBe('42\n');
  expect(run('xz', '--version')).toMatch(/^xz \(XZ Utils\) 5\.4\.1/);
});

test('a second build has nothing to do; without its output it is restored', () => {
  expect(summary(['build', '--variant', 'plain'])).toBe('5 up to date');
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  expect(summary(['build', '--variant', 'plain', '--offline'])).toBe('5 restored');
});

test('the same packages built twice are the same bytes', () => {
  const id = rig.read('cache/packages/bzip2/latest');
  const archive = `cache/packages/bzip2/${id}.tar.xz`;
  const first = execFileSync('sha256sum', [join(rig.packages, archive)], { encoding: 'utf8' });
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  const env = { ASHLAR_STORE: join(rig.directory, 'another-store') };
  expect(rig.run(['build', 'bzip2', '--jobs', '1'], { env }).status).toBe(0);
  expect(execFileSync('sha256sum', [join(rig.packages, archive)], { encoding: 'utf8' })).toBe(
    first,
  );
});

test('the whole tree builds as well: OpenSSL, and curl with it', () => {
  expect(rig.run(['build']).status).toBe(0);
  const root = join(rig.directory, 'root');
  expect(rig.run(['install', '--root', root, '--activate', 'curl', 'openssl']).status).toBe(0);
  const said = execFileSync(join(root, 'bin/curl'), ['--version'], { encoding: 'utf8', env: {} });
  expect(said).toMatch(/^curl 7\.88\.1 .* OpenSSL\/3\.0\./);
});
