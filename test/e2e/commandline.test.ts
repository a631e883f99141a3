// What the program says to command lines that are wrong, and what it does when nobody reads what it says.
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runHere } from '../rig/here.ts';
import { createRig, PROGRAM } from '../rig/program.ts';

test.each([
  ['nonsense', 'there is no command "nonsense"', 'ashlar --help lists the commands'],
  ['biuld', 'there is no command "biuld"', 'did you mean build?'],
  ['build --keepgoing', 'there is no option --keepgoing', 'did you mean --keep-going?'],
  [
    'build -x',
    'there is no option -x',
    'the --help of the command lists its options; a path that begins with a dash is written ./-x',
  ],
  ['build --jobs', '--jobs needs a value', undefined],
  ['build --jobs --json', '--jobs needs a value, found --json', undefined],
  ['build --jobs 0', '--jobs cannot be "0": expected a whole number from 1', undefined],
  ['build --jobs 1 --jobs 2', '--jobs is given twice, as "1" and as "2"', undefined],
  [
    'build --offline=maybe',
    '--offline cannot be "maybe": cannot convert maybe to a boolean',
    undefined,
  ],
  ['ids --packages=', '--packages cannot be "": expected a value', undefined],
  ['build --variant=', '--variant cannot be "": expected a value', undefined],
  ['help nonsense', 'there is no command "nonsense"', 'ashlar --help lists the commands'],
  ['version extra', 'the command takes no arguments, found "extra"', undefined],
  ['fmt --dialect 3 x', '--dialect cannot be "3"', 'it is one of 2016, 2021, 2025'],
])('%s', async (line, message, hint) => {
  using rig = createRig();
  const run = await runHere(line.split(' '), { cwd: rig.packages, env: rig.env });
  const stderr = `error: ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`;
  expect(run).toEqual({ status: 2, stdout: '', stderr });
  // One of them shows that the program says the same.
  if (line === 'biuld') expect(rig.run([line])).toEqual(run);
});

test('help is also a command, and a package may be spelled as shells complete its folder', () => {
  using rig = createRig('hello');
  expect(rig.run(['help']).stdout).toBe(rig.run(['--help']).stdout);
  expect(rig.run(['help', 'cache', 'stat'])).toEqual(rig.run(['cache', 'stat', '--help']));
  const ids = (target: string): string => rig.run(['ids', '--image-id', 'x', target]).stdout;
  expect(ids('hello/')).toBe(ids('hello'));
  expect(rig.run(['why', 'clock/', '--image-id', 'x'])).toEqual(
    rig.run(['why', 'clock', '--image-id', 'x']),
  );
  expect(rig.run(['build', '/']).stderr).toContain('there is no package "/"');
});

test('a working directory that is gone is told of', () => {
  using rig = createRig();
  for (const command of ['ids', 'build', 'list']) {
    const gone = 'mkdir gone; cd gone; rmdir ../gone';
    const { stdout, stderr } = rig.shell(`${gone}; "$0" ${command}; echo $?`);
    expect(stderr).toContain(
      'error: the working directory does not exist any more\n  hint: go to another one',
    );
    expect(stderr).not.toContain('bug');
    expect(stdout).toBe('3\n');
  }
});

describe('output', () => {
  test('that nobody reads any more ends a command quietly', () => {
    using rig = createRig('hello');
    const line = 'exec 3> >(true); wait $!; "$0" ids --json --image-id x >&3; echo $?';
    const { stdout, stderr } = rig.shell(line);
    expect(stderr).toBe('');
    expect(stdout).toBe('141\n');
  });

  test('of a build: what runs is ended, and nothing is left', () => {
    using rig = createRig();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': '#!/bin/bash\nsleep 600' });
    const line =
      'exec 3> >(true); wait $!; "$0" build --json >&3; echo $?; ls "$ASHLAR_STORE/work"';
    const { stdout, stderr } = rig.shell(line);
    expect(stderr).toBe('');
    expect(stdout).toBe('141\n');
  });

  test('that cannot be written is an error of the environment', () => {
    using rig = createRig('hello');
    const { status, stderr } = spawnSync(PROGRAM, ['ids', '--image-id', 'x'], {
      cwd: rig.packages,
      env: rig.env,
      encoding: 'utf8',
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    expect(stderr).toMatch(/^error: cannot write standard output: .*no space left.*\n$/);
    expect(status).toBe(3);
  });

  test('that is closed, as is the input, keeps nobody from building', () => {
    using rig = createRig();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': '#!/bin/bash\ntouch $PKG_PATH/x' });
    expect(rig.shell('"$0" build <&- >&- 2>&-; echo $?').stdout).toBe('0\n');
    expect(rig.read('cache/packages/p/latest')).toMatch(/^p--/);
  });
});
