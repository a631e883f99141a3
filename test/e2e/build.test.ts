// What a build script sees, what happens when it fails, and what a build leaves behind however it ends.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { processesWith, type Rig } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

/** One package whose build script is this. */
function onePackage(script: string, buildinfo: object = {}): Rig {
  const rig = createRig();
  rig.write({
    'p/buildinfo.json': JSON.stringify(buildinfo),
    'p/build': `#!/bin/bash\n${script}\n`,
  });
  return rig;
}

/** A file of the built package. */
function built(rig: Rig, name: string, path: string): string {
  const id = rig.read(`cache/packages/${name}/latest`);
  const archive = join(rig.packages, `cache/packages/${name}/${id}.tar.xz`);
  return execFileSync('tar', ['-xOf', archive, path], { encoding: 'utf8' });
}

describe('a build script', () => {
  test('sees its inputs and its environment, and nothing else', () => {
    using rig = onePackage(
      [
        'cd /',
        'env -0 | sort -z | tr "\\0" "\\n" | grep -v "^\\(_\\|SHLVL\\|OLDPWD\\|NUM_CORES\\)=" > $PKG_PATH/env',
        'id -u > $PKG_PATH/uid',
        'ls -A /pkg/build /pkg/src > $PKG_PATH/ls',
        '(echo x > /pkg/src/x || echo read-only) 2>/dev/null >> $PKG_PATH/ls',
        '(echo x > /usr/x || echo read-only) 2>/dev/null >> $PKG_PATH/ls',
        'ls /sys/class/net 2>/dev/null >> $PKG_PATH/ls || true',
      ].join('\n'),
    );
    rig.write({ 'p/notes.txt': 'not hashed, so not there' });
    const { status, stderr } = rig.run(['build', 'p']);
    expect(stderr).toContain('2 ran');
    expect(status).toBe(0);
    const id = rig.read('cache/packages/p/latest');
    expect(built(rig, 'p', 'env').trim().split('\n')).toEqual([
      'HOME=/homeless',
      'JOBSERVER=--jobserver-auth=5,6',
      'JOBSERVER_NAMED=--jobserver-auth=fifo:/proc/self/fd/5',
      'LC_ALL=C.UTF-8',
      'LD_LIBRARY_PATH=/opt/ashlar/lib',
      'PATH=/opt/ashlar/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'PKG_BUILD=/pkg/build',
      'PKG_EXTRA=/pkg/extra',
      `PKG_ID=${id}`,
      'PKG_NAME=p',
      `PKG_PATH=/opt/ashlar/packages/${id}`,
      'PKG_ROOT=/opt/ashlar',
      'PKG_SCRIPT=/pkg/build/build',
      'PKG_SRC=/pkg/src',
      'PKG_VARIANT=<default>',
      `PKG_VERSION=${id.slice(3)}`,
      'PWD=/',
      'SOURCE_DATE_EPOCH=315532800',
      'TZ=UTC',
    ]);
    expect(built(rig, 'p', 'uid')).not.toBe('0\n');
    expect(built(rig, 'p', 'ls')).toBe(
      '/pkg/build:\nbuild\n\n/pkg/src:\nbuildinfo.full.json\nread-only\nread-only\n',
    );
  });

  test('may write to its sources when it asks', () => {
    using rig = onePackage('echo changed > /pkg/src/x; cp /pkg/src/x $PKG_PATH/', {
      src_writable: true,
    });
    expect(rig.run(['build']).status).toBe(0);
    expect(built(rig, 'p', 'x')).toBe('changed\n');
  });

  test('is told how, when it writes to sources without asking', () => {
    using rig = onePackage('touch /pkg/src/x');
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('hint: sources are read-only');
    expect(status).toBe(1);
  });

  test('is not told so of other places that are read-only, nor of how it was killed without a name', () => {
    using rig = onePackage('mkdir /usr/x || kill -9 $$');
    const { stderr } = rig.run(['build']);
    expect(stderr).toContain('error: p:build failed with exit status 137 (SIGKILL)\n');
    expect(stderr).toContain('Read-only file system');
    expect(stderr).not.toContain('hint');
  });

  test('finds what it requires, and its environment', () => {
    using rig = createRig();
    rig.write({
      'lib/buildinfo.json': '{"environment": {"LIB_FLAVOUR": "plain vanilla"}}',
      'lib/build':
        'mkdir $PKG_PATH/bin; printf "#!/bin/sh\\necho tool" > $PKG_PATH/bin/lib-tool\nchmod +x $PKG_PATH/bin/lib-tool',
      'p/buildinfo.json': '{"requires": ["lib"]}',
      'p/build': '(lib-tool; echo "$LIB_FLAVOUR") > "$PKG_PATH/out"',
    });
    expect(rig.run(['build', 'p']).status).toBe(0);
    expect(built(rig, 'p', 'out')).toBe('tool\nplain vanilla\n');
  });

  test('may be in another language', () => {
    using rig = createRig();
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build': '#!/usr/bin/perl\nopen(F, ">$ENV{PKG_PATH}/out"); print F "perl\\n";\n',
    });
    expect(rig.run(['build']).status).toBe(0);
    expect(built(rig, 'p', 'out')).toBe('perl\n');
  });

  test('leaves files that belong to root and have one time, whatever it did', () => {
    using rig = onePackage('umask 077; echo a > $PKG_PATH/a; touch -d 2001-01-01 $PKG_PATH/a');
    rig.run(['build']);
    const id = rig.read('cache/packages/p/latest');
    const listing = execFileSync(
      'tar',
      ['--numeric-owner', '--full-time', '-tvf', `cache/packages/p/${id}.tar.xz`],
      { cwd: rig.packages, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } },
    );
    for (const line of listing.trim().split('\n')) {
      expect(line).toMatch(/^\S+ 0\/0 +\d+ 1980-01-01 00:00:00 /);
    }
  });

  test('on the host finds its folders by their variables, and its result is kept apart', () => {
    using rig = onePackage('cp "$PKG_EXTRA/f" "$PKG_PATH/f"; echo "$PWD" > "$PKG_PATH/pwd"');
    rig.write({ 'p/extra/f': 'extra' });
    expect(rig.run(['build', '--sandbox', 'host']).status).toBe(0);
    expect(built(rig, 'p', 'f')).toBe('extra');
    expect(built(rig, 'p', 'pwd')).not.toBe('/pkg/work\n');
    expect(rig.run(['build']).stderr).toContain('ran      p:build');
    expect(built(rig, 'p', 'pwd')).toBe('/pkg/work\n');
  });
});

describe('a failed build', () => {
  test('says what, shows the last lines, where the rest is, and how to run it again', () => {
    using rig = onePackage('for i in $(seq 50); do echo "line $i"; done; false');
    const { status, stderr } = rig.run(['build', 'p']);
    expect(status).toBe(1);
    expect(stderr.replace(/\d+\.\d s/g, 'N s')).toBe(
      [
        'failed   p:build  N s  new here',
        'error: p:build failed with exit status 1',
        '  last lines of its log:',
        ...Array.from({ length: 20 }, (_, i) => `  │ line ${i + 31}`),
        `  log: ${join(rig.packages, 'cache/log/p/build.log')}`,
        '  reproduce: ashlar build p --keep-failed',
        'skipped  p:write_tar',
        '1 failed, 1 skipped in N s',
        '',
      ].join('\n'),
    );
    expect(rig.run(['log', 'p']).stdout).toMatch(/^line 1\nline 2\n/);
    expect(existsSync(join(rig.packages, 'cache/packages/p/latest'))).toBe(false);
  });

  test('keeps its tree when asked, and the command enters it', () => {
    using rig = onePackage('echo left > "$PKG_PATH/left"; exit 3');
    const { stderr } = rig.run(['build', 'p', '--keep-failed']);
    const line = /enter it with: (.*)$/m.exec(stderr)![1]!;
    const again = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    expect(again).toMatchObject({ status: 3, stderr: '' });
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'kept'))).toHaveLength(1);
  });

  test('does not keep others from being built with --keep-going', () => {
    using rig = createRig();
    rig.write({
      'a/buildinfo.json': '{}',
      'a/build': 'false',
      'b/buildinfo.json': '{"requires": ["a"]}',
      'b/build': 'true',
      'c/buildinfo.json': '{}',
      'c/build': 'true',
    });
    const { status, stderr } = rig.run(['build', '--keep-going', '--jobs', '1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^2 ran, 1 failed, 3 skipped in/m);
    expect(existsSync(join(rig.packages, 'cache/complete/complete.latest.json'))).toBe(false);
    expect(existsSync(join(rig.packages, 'cache/packages/c/latest'))).toBe(true);
  });

  test('for what it leaves behind: no such thing becomes part of a package', () => {
    using rig = onePackage('mkfifo "$PKG_PATH/pipe"');
    const { status, stderr } = rig.run(['build']);
    expect(status).toBe(1);
    // Nor is it told by a place that is gone by then.
    expect(stderr).toMatch(/^error: pipe is a named pipe/m);
  });

  test('for a reserved unit name', () => {
    using rig = onePackage(
      'mkdir $PKG_PATH/dcos.target.wants_master; touch $PKG_PATH/dcos.target.wants_master/dcos-setup.service',
    );
    const { status, stderr } = rig.run(['build']);
    expect(status).toBe(1);
    expect(stderr).toContain('reserved names: dcos.target.wants_master/dcos-setup.service');
  });
});

describe('an interrupted build', () => {
  test('leaves no process, no scratch and no half-written file, and goes on later', async () => {
    const mark = `ashlar-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    using rig = onePackage(`echo started; MARK=${mark} sleep 600; echo x > $PKG_PATH/x`);
    const running = rig.start(['build', '--json']);
    await running.until('"task-start"');
    await untilProcess(mark);
    running.kill('SIGINT');
    const { status } = await running.ended;
    expect(status).toBe(130);
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
    expect(existsSync(join(rig.packages, 'cache/packages/p'))).toBe(false);
    rig.write({ 'p/build': '#!/bin/bash\necho x > $PKG_PATH/x\n' });
    expect(rig.run(['build']).status).toBe(0);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by a second %s ends at once, and what does not heed it ends too',
    async (signal, wanted) => {
      const mark = `ashlar-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
      using rig = onePackage(
        `trap "" INT TERM; (trap "" INT TERM; exec -a daemon setsid sleep 600 >/dev/null 2>&1) & MARK=${mark} sleep 600`,
      );
      const running = rig.start(['build', '--json']);
      await untilProcess(mark);
      running.kill(signal);
      running.kill(signal);
      expect((await running.ended).status).toBe(wanted);
      await untilNoProcess(mark);
      expect(existsSync(join(rig.packages, 'cache/packages/p'))).toBe(false);
      rig.write({ 'p/build': '#!/bin/bash\ntrue\n' });
      expect(rig.run(['build']).status).toBe(0);
      expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
    },
  );

  test('by kill -9 takes its sandbox with it, and the next one cleans up', async () => {
    const mark = `ashlar-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    using rig = onePackage(`MARK=${mark} sleep 600`);
    const running = rig.start(['build', '--json']);
    await untilProcess(mark);
    running.kill('SIGKILL');
    await running.ended;
    await untilNoProcess(mark);
    rig.write({ 'p/build': '#!/bin/bash\ntrue\n' });
    expect(rig.run(['build']).status).toBe(0);
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
  });

  test('whose sandbox is killed from outside has failed, and the next one does it all', async () => {
    const mark = `ashlar-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    using rig = onePackage(
      `echo half > $PKG_PATH/x; MARK=${mark} sleep 600; echo whole > $PKG_PATH/x`,
    );
    const running = rig.start(['build', '--plain']);
    await untilProcess(mark);
    for (const pid of descendants(running.pid, 'bwrap')) process.kill(pid, 'SIGKILL');
    const { status, stderr } = await running.ended;
    expect(stderr).toContain('error: the sandbox was ended from outside, by SIGKILL\n');
    expect(status).toBe(3);
    await untilNoProcess(mark);
    expect(existsSync(join(rig.packages, 'cache/packages/p'))).toBe(false);
    rig.write({ 'p/build': '#!/bin/bash\necho whole > $PKG_PATH/x\n' });
    expect(rig.run(['build']).status).toBe(0);
    expect(built(rig, 'p', 'x')).toBe('whole\n');
  });

  /** Processes of a name below another one. */
  function descendants(of: number, name: string): number[] {
    const children = readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && parentOf(pid) === of,
    );
    return children.flatMap((pid) => [
      ...(readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name ? [Number(pid)] : []),
      ...descendants(Number(pid), name),
    ]);
  }
  function parentOf(pid: string): number | undefined {
    try {
      return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    } catch {
      // It has just ended.
      return undefined;
    }
  }

  /** Looks until a process with the mark is there; the test's own time limit ends it. */
  async function untilProcess(mark: string): Promise<void> {
    while (processesWith(mark).length === 0) await pause();
  }
  function pause(): Promise<void> {
    return new Promise((next) => {
      setTimeout(next, 50);
    });
  }
  async function untilNoProcess(mark: string): Promise<void> {
    while (processesWith(mark).length > 0) await pause();
  }
});

test('a repository gives finished packages, and what it lacks is built', () => {
  using rig = createRig();
  rig.write({
    'a/buildinfo.json': '{}',
    'a/build': 'echo a > $PKG_PATH/a',
    'b/buildinfo.json': '{"requires": ["a"]}',
    'b/build': 'echo b > $PKG_PATH/b',
  });
  expect(rig.run(['build', 'a']).status).toBe(0);
  const repository = join(rig.directory, 'repository');
  mkdirSync(repository);
  execFileSync('cp', ['-r', join(rig.packages, 'cache/packages'), repository]);
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  const env = { ASHLAR_STORE: join(rig.directory, 'other-store') };
  const { stderr } = rig.run(['build', '--repository-url', repository], { env });
  expect(stderr).toContain('restored a:write_tar');
  expect(stderr).toContain('ran      b:build');
  expect(stderr).not.toContain('ran      a:');
  expect(built(rig, 'b', 'b')).toBe('b\n');
});

test('a repository that has something else under the name is warned of, and not used', () => {
  using rig = createRig();
  rig.write({
    'a/buildinfo.json': '{}',
    'a/build': 'true',
    'b/buildinfo.json': '{}',
    'b/build': 'true #',
  });
  rig.run(['build']);
  const [a, b] = ['a', 'b'].map((name) => rig.read(`cache/packages/${name}/latest`));
  const repository = join(rig.directory, 'repository/packages/a');
  mkdirSync(repository, { recursive: true });
  execFileSync('cp', [
    join(rig.packages, `cache/packages/b/${b}.tar.xz`),
    join(repository, `${a}.tar.xz`),
  ]);
  const env = { ASHLAR_STORE: join(rig.directory, 'other-store') };
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  const { status, stderr } = rig.run(
    ['build', 'a', '--repository-url', join(rig.directory, 'repository')],
    { env },
  );
  expect(stderr).toContain(`warning: the repository's ${a} is not that package`);
  expect(stderr).toContain('built as name "b"');
  expect(stderr).toContain('ran      a:build');
  expect(status).toBe(0);
});

test('two packages with one path, required together, are told before what requires them runs', () => {
  using rig = createRig();
  const script = 'mkdir $PKG_PATH/bin; echo > $PKG_PATH/bin/tool\n';
  rig.write({
    'a/buildinfo.json': '{}',
    'a/build': script,
    'b/buildinfo.json': '{}',
    'b/build': script,
    'c/buildinfo.json': '{"requires": ["a", "b"]}',
    'c/build': 'echo ran\n',
  });
  const { status, stderr } = rig.run(['build', 'c', '--plain']);
  expect(stderr).toMatch(
    /^error: a--[0-9a-f]{40} and b--[0-9a-f]{40} both provide bin\/tool\n {2}hint: what is required together must have no path in common/m,
  );
  expect(stderr).not.toContain('log:');
  expect(status).toBe(2);
});

describe('bad input', () => {
  test.each([
    ['an unknown target', ['build', 'bannr'], 2, /no package "bannr".*\n.*did you mean "banner"/],
    ['an unknown variant', ['build', 'banner:lout'], 2, /lout.*\n.*loud/],
    ['an unknown tree', ['build', '--variant', 'quiet'], 2, /no tree "quiet"/],
    ['an unknown sandbox', ['build', '--sandbox', 'bubblwrap'], 2, /did you mean "bubblewrap"/],
    ['no jobs', ['build', '--jobs', '0'], 2, /whole number from 1/],
    ['an unknown command', ['biuld'], 2, /biuld/],
    ['an unknown option', ['build', '--keepgoing'], 2, /keepgoing/],
  ])('%s', (_, argv, expected, text) => {
    using rig = createRig('hello');
    const { status, stderr } = rig.run(argv);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(expected);
  });

  test('several mistakes are told at once, each at its place', () => {
    using rig = createRig();
    rig.write({
      'a/buildinfo.json': '{"requries": []}',
      'a/build': '',
      'b/buildinfo.json': '{"requires": ["c"],}',
      'b/build': '',
      'd/buildinfo.json': '{"requires": ["d"]}',
      'd/build': '',
    });
    const { status, stderr } = rig.run(['build']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^a\/buildinfo\.json:1:2: error: .*requries/m);
    expect(stderr).toContain('did you mean "requires"?');
    expect(stderr).toMatch(/^b\/buildinfo\.json:1:20: error:/m);
    expect(stderr).toMatch(/^d\/buildinfo\.json:1:\d+: error: .*d → d|circular|cycle/im);
    expect(readdirSync(rig.packages)).not.toContain('cache');
  });

  test('a place without packages', () => {
    using rig = createRig();
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('there are no packages in this directory');
    expect(status).toBe(2);
  });

  test('no place for the store', () => {
    using rig = onePackage('true');
    const env = { ASHLAR_STORE: undefined, HOME: undefined };
    const { status, stderr } = rig.run(['build'], { env });
    expect(stderr).toContain('no place for the store');
    expect(status).toBe(3);
  });

  test('a store of another format is left alone', () => {
    using rig = onePackage('true');
    rmSync(rig.env['ASHLAR_STORE']!, { recursive: true, force: true });
    mkdirSync(rig.env['ASHLAR_STORE']!);
    writeFileSync(join(rig.env['ASHLAR_STORE']!, 'version'), '99\n');
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('has format 99');
    expect(status).toBe(2);
    expect(readdirSync(rig.env['ASHLAR_STORE']!)).toEqual(['version']);
  });

  test.skipIf(process.getuid?.() === 0)('a packages directory that may not be written', () => {
    using rig = onePackage('true');
    chmodSync(rig.packages, 0o555);
    const { status, stderr } = rig.run(['build']);
    chmodSync(rig.packages, 0o755);
    expect(stderr).toContain('permission denied');
    expect(status).toBe(3);
  });
});

test('a dry run tells what would run, and leaves nothing', () => {
  using rig = createRig('hello');
  const { status, stdout } = rig.run(['build', 'hello', '--dry-run']);
  expect(stdout).toBe(
    'greeting:build\ngreeting:write_tar\nhello:build\nhello:write_tar\n4 tasks would run\n',
  );
  expect(status).toBe(0);
  const json = rig.run(['build', 'hello', '--dry-run', '--json']);
  const lines = json.stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    ['greeting:build', 'greeting:write_tar', 'hello:build', 'hello:write_tar'].map((task) => ({
      type: 'task-needed',
      task,
    })),
  );
  expect(readdirSync(rig.packages)).not.toContain('cache');
});

test('events come as JSON lines', () => {
  using rig = createRig('hello');
  const { stdout } = rig.run(['build', 'greeting', '--json']);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; task?: string; outcome?: string });
  expect(events[0]!.type).toBe('build-start');
  expect(events.at(-1)!.type).toBe('build-end');
  expect(
    events
      .filter(({ type }) => type === 'task-end')
      .map(({ task, outcome }) => `${task} ${outcome}`),
  ).toEqual(['greeting:build ran', 'greeting:write_tar ran']);
});
