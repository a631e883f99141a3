// What is said when bubblewrap does not work, and what is tried before that.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bubblewrap } from '../../src/sandbox/bubblewrap.ts';
import { explainFailure, findProgram, probeBubblewrap } from '../../src/sandbox/probe.ts';
import { runScript, scratch } from './rig.ts';

const PRESENT = { '/proc/self/uid_map': '0 0 4294967295' };

function explain(message: string, settings: Record<string, string>): string[] {
  const { code, message: text, hint } = explainFailure(message, (path) => settings[path]);
  expect(text).toContain(message.replace('bwrap: ', ''));
  return [code, hint ?? ''];
}

describe('the remedy', () => {
  const denied = 'bwrap: No permissions to create new namespace';

  test.each([
    [{ '/proc/sys/kernel/unprivileged_userns_clone': '0\n' }, 'kernel.unprivileged_userns_clone=1'],
    [{ '/proc/sys/user/max_user_namespaces': '0\n' }, 'user.max_user_namespaces=15000'],
    [
      { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' },
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
  ])('names the setting %s', (settings, remedy) => {
    const [code, hint] = explain(denied, { ...PRESENT, ...settings });
    expect(code).toBe('sandbox/no-user-namespaces');
    expect(hint).toBe(`as root, run: sysctl -w ${remedy}`);
  });

  test('names all of them', () => {
    const [, hint] = explain(denied, {
      ...PRESENT,
      '/proc/sys/kernel/unprivileged_userns_clone': '0',
      '/proc/sys/user/max_user_namespaces': '0',
    });
    expect(hint).toContain(' && sysctl -w user.max_user_namespaces=15000');
  });

  test('names the kernel', () => {
    expect(explain('bwrap: Creating new namespace failed: Invalid argument', {})).toEqual([
      'sandbox/no-user-namespaces',
      'this kernel was built without user namespaces; another one is needed',
    ]);
  });

  test.each([
    ['bwrap: setting up uid map: Permission denied', 'sandbox/no-user-namespaces', 'container'],
    [
      "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
      'sandbox/unavailable',
      '--privileged',
    ],
    ['bwrap: Unknown option --perms', 'sandbox/unavailable', '0.5'],
    ['something else', 'sandbox/unavailable', '--sandbox host'],
  ])('of %s', (message, code, word) => {
    const [found, hint] = explain(message, PRESENT);
    expect(found).toBe(code);
    expect(hint).toContain(word);
  });
});

/** A bwrap that is a script. */
function fake(directory: string, script: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'bwrap');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return directory;
}

const HELP = 'case $1 in --help) echo "--size BYTES  --disable-userns  x"; exit ;; esac';

test('a machine that forbids a part of it does without that part', async () => {
  using work = scratch();
  const script = `${HELP}
    case "$*" in *--disable-userns*) echo "bwrap: cannot open sysctl" >&2; exit 1 ;; esac`;
  const probed = await probeBubblewrap(work.path, fake(join(work.path, 'bin'), script));
  expect(probed).toMatchObject({
    ok: true,
    value: { features: { size: true, disableUserns: false } },
  });
});

test('an older bwrap is taken as it is', async () => {
  using work = scratch();
  const probed = await probeBubblewrap(work.path, fake(join(work.path, 'bin'), 'exit 0'));
  expect(probed).toMatchObject({
    ok: true,
    value: { features: { size: false, disableUserns: false } },
  });
});

test('one that never works says why, as does every run', async () => {
  using work = scratch();
  const searchPath = fake(
    join(work.path, 'bin'),
    `${HELP}; echo "bwrap: broken beyond" >&2; exit 1`,
  );
  const sandbox = bubblewrap({ directory: join(work.path, 'state'), searchPath });
  const unavailable = await sandbox.unavailable();
  expect(unavailable).toMatchObject({ code: 'sandbox/unavailable', fault: 'environment' });
  expect(unavailable!.message).toContain('broken beyond');
  const { exit } = await runScript(sandbox, 'true');
  expect(exit).toEqual({ kind: 'broken', diagnostic: unavailable });
});

test('programs are found as a shell finds them', () => {
  using work = scratch();
  writeFileSync(join(work.path, 'sh'), '');
  mkdirSync(join(work.path, 'x/sh'), { recursive: true });
  expect(findProgram('sh', `${work.path}:${work.path}/x:relative::`)).toBe('/usr/bin/sh');
  chmodSync(join(work.path, 'sh'), 0o755);
  expect(findProgram('sh', `:${work.path}`)).toBe(join(work.path, 'sh'));
  expect(findProgram('no-such-program', '/usr/bin')).toBeUndefined();
});
