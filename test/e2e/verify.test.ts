// `ashlar verify` and `--verify-sample` on the real program: what shows in a result that must not.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig } from '../rig/program.ts';
import { expectGolden, steady } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

function tree(scripts: Readonly<Record<string, string>>): Rig {
  const rig = createRig();
  for (const [name, script] of Object.entries(scripts)) {
    rig.write({ [`${name}/buildinfo.json`]: '{}', [`${name}/build`]: `#!/bin/bash\n${script}\n` });
  }
  return rig;
}

/** Everything below a directory, with its content. */
function contents(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(directory, { recursive: true }).map(String)) {
    const path = join(directory, name);
    if (statSync(path).isFile()) found.set(name, readFileSync(path, 'latin1'));
  }
  return found;
}

test('what shows the user, the machine, the time, the order of files or the processors is found', () => {
  using rig = tree({
    good: 'echo "$PKG_NAME" > $PKG_PATH/name; ls $PKG_PATH > $PKG_PATH/list',
    user: 'whoami > $PKG_PATH/user; id -u >> $PKG_PATH/user',
    machine: 'hostname > $PKG_PATH/machine',
    clock: 'date +%Y > $PKG_PATH/year',
    order: 'mkdir d; cd d; ls -U /pkg/extra > $PKG_PATH/order',
    cores: 'echo "$NUM_CORES" > $PKG_PATH/cores',
    counted:
      'grep -c ^processor /proc/cpuinfo > $PKG_PATH/cores; grep -c "^cpu[0-9]" /proc/stat >> $PKG_PATH/cores',
    allowed: 'nproc > $PKG_PATH/cores',
    // Hidden from tasks, so that there is nothing to find.
    hidden: 'echo $$ > $PKG_PATH/pid; head -1 /proc/self/maps | cut -d" " -f1 > $PKG_PATH/address',
    mask: 'umask > $PKG_PATH/umask',
    packed: 'touch x; tar --mode=644 -czf $PKG_PATH/x.tar.gz x',
    bytes:
      'head -c 4096 /dev/zero > $PKG_PATH/b; printf "\\\\x$NUM_CORES$NUM_CORES" | dd of=$PKG_PATH/b bs=1 seek=2000 conv=notrunc 2>/dev/null',
  });
  for (const name of ['aa', 'b', 'cc', 'd', 'e']) rig.write({ [`order/extra/${name}`]: name });
  const { stdout, status } = rig.run(['verify', '--json']);
  expect(status).toBe(1);
  const answer = JSON.parse(stdout) as {
    varied: string[];
    tasks: { task: string; verdict: string; summary?: string; difference?: string[] }[];
  };
  const of = (task: string): (typeof answer.tasks)[number] =>
    answer.tasks.find((one) => one.task === task)!;
  const different = answer.tasks.filter(({ verdict }) => verdict === 'different');
  const faketime = answer.varied.some((what) => what.includes('the time'));
  const expected = ['bytes', 'cores', 'machine', 'mask', 'order', 'packed', 'user'];
  if (faketime) expected.push('clock');
  if (answer.varied.some((what) => what.includes('processors')))
    expected.push('allowed', 'counted');
  expect(different.map(({ task }) => task).sort()).toEqual(
    expected.map((name) => `${name}:build`).sort(),
  );
  expect(of('user:build').difference).toEqual([
    '@@ -1,2 +1,2 @@',
    '-build',
    '-1000',
    '+verifier',
    '+4321',
  ]);
  expect(of('packed:build').summary).toMatch(/^package: x\.tar\.gz: x: mtime: "\d+" → "\d+"$/);
  expect(of('bytes:build').summary).toBe('package: b: differs from byte 2000 (0x7d0)');
  // The order of inputs in an archive of Ashlar's own is no matter.
  expect(answer.tasks.filter(({ task }) => task.endsWith(':write_tar'))).toHaveLength(12);
});

test('results are left as they are, and reports have a fixed form', () => {
  using rig = tree({ machine: 'hostname > $PKG_PATH/machine', good: 'echo 1 > $PKG_PATH/1' });
  rig.run(['build']);
  const results = contents(join(rig.directory, 'store/ac'));
  const text = rig.run(['verify', 'machine:build']);
  expect(text.stdout.split('\n').slice(0, 5)).toEqual([
    'different machine:build  package: machine: its text differs',
    '  @@ -1,1 +1,1 @@',
    '  -ashlar',
    '  +elsewhere',
    '0 of 1 task is reproducible',
  ]);
  expect(text.stderr).toBe('');
  expect(text.status).toBe(1);
  const json = JSON.parse(rig.run(['verify', 'machine:build', '--json']).stdout) as object;
  // What is varied depends on the machine.
  const steadyJson = { ...json, varied: ['…'], notVaried: ['…'] };
  expectGolden(
    'explain/verify.json.txt',
    steady(`${JSON.stringify(steadyJson, undefined, 2)}\n`, rig),
  );
  expect(contents(join(rig.directory, 'store/ac'))).toEqual(results);
  expect(rig.run(['build']).stderr).toMatch(/2 up to date/);
  const good = rig.run(['verify', 'good']);
  expect(good.stdout).toContain('2 of 2 tasks are reproducible\n');
  expect(good.status).toBe(0);
  expect(readdirSync('/dev/shm').filter((name) => name.startsWith('ashlar-verify-'))).toEqual([]);
});

test('a sample of a build is verified, and what is not reproducible is named in its summary', () => {
  using rig = tree({ machine: 'hostname > $PKG_PATH/machine', good: 'echo 1 > $PKG_PATH/1' });
  const { status, stderr } = rig.run(['build', '--verify-sample', '100%']);
  expect(stderr).toContain('3 of 4 verified tasks are reproducible\n');
  expect(stderr).toContain(
    [
      'warning: machine:build is not reproducible: package: machine: its text differs',
      '  hint: ashlar verify machine:build',
    ].join('\n'),
  );
  expect(status).toBe(0);
  expect(existsSync(join(rig.packages, 'cache/packages/machine/latest'))).toBe(true);
  // Nothing ran, so there is nothing to verify.
  expect(rig.run(['build', '--verify-sample', '100%']).stderr).not.toContain('verified');
  // Where nothing is compared it says why, and not that all of nothing is well.
  rig.write({ 'good/build': '#!/bin/bash\necho 2 > $PKG_PATH/1\n' });
  const none = rig.run(['build', '--verify-sample', '0.00001%']);
  expect(none.stderr).toContain('none of the 2 tasks that ran is in the sample of 0.00001%\n');
  const bad = rig.run(['build', '--verify-sample', 'many']);
  expect(bad.stderr).toContain('expected a number from 0 to 100, as in 5%');
  expect(bad.status).toBe(2);
});
