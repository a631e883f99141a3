// What a command in a bubblewrap sandbox can see, write to and use up.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { bubblewrap } from '../../src/sandbox/bubblewrap.ts';
import { findCgroups } from '../../src/sandbox/cgroup.ts';
import { alive, image, isRoot, marker, printed, runScript, scratch } from './rig.ts';

const state = scratch();
const sandbox = bubblewrap({ directory: join(state.path, 'state') });
afterAll(() => state[Symbol.dispose]());

const OK = { kind: 'exited', status: 0 } as const;

test('is available here', async () => {
  expect(await sandbox.unavailable()).toBeUndefined();
});

describe('running', () => {
  test('gives exit statuses, also of signals', async () => {
    expect((await runScript(sandbox, 'true')).exit).toEqual(OK);
    expect((await runScript(sandbox, 'exit 7')).exit).toEqual({ kind: 'exited', status: 7 });
    expect((await runScript(sandbox, 'kill -SEGV $$')).exit).toEqual({
      kind: 'exited',
      status: 139,
    });
  });

  test('keeps the order of both output streams', async () => {
    const { output } = await runScript(
      sandbox,
      'for i in {1..500}; do echo o$i; echo e$i >&2; done',
    );
    const wanted = Array.from({ length: 500 }, (_, i) => `o${i + 1}\ne${i + 1}\n`).join('');
    expect(output).toBe(wanted);
  });

  test('has standard streams that can be opened by name', async () => {
    const { output } = await runScript(
      sandbox,
      'echo a | tee /dev/stderr; dd if=/dev/null of=/dev/stdout 2>/dev/null; sh -c "echo b >/proc/self/fd/2"; read -r x || echo end',
    );
    expect(output).toBe('a\na\nb\nend\n');
  });

  test('passes bytes through as they are', async () => {
    const chunks: Buffer[] = [];
    const script = String.raw`printf '\000\377\376\033[31m\r\n'; head -c 300000 /dev/zero | tr '\0' x`;
    await runScript(sandbox, script, { onOutput: (chunk) => void chunks.push(chunk) });
    const bytes = Buffer.concat(chunks);
    expect(bytes.subarray(0, 10).toString('latin1')).toBe('\0\xff\xfe\x1b[31m\r\n');
    expect(bytes.length).toBe(300_010);
  });

  test('needs no more memory for more output', async () => {
    let bytes = 0;
    const before = process.memoryUsage().rss;
    await runScript(sandbox, 'head -c 400000000 /dev/zero', {
      onOutput: (chunk) => void (bytes += chunk.length),
    });
    expect(bytes).toBe(400_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });

  test('runs many at once, and leaves no file descriptor open', async () => {
    const round = async (): Promise<void> => {
      const runs = Array.from({ length: 20 }, (_, i) => runScript(sandbox, `echo ${i}`));
      const outputs = (await Promise.all(runs)).map(({ output }) => output.trim());
      expect(outputs).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    };
    await round();
    const before = readdirSync('/proc/self/fd').length;
    await round();
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });

  test('takes long options and arguments, and says when they are too long', async () => {
    const variables = (count: number): Record<string, string> => ({
      PATH: '/usr/bin:/bin',
      ...Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`VARIABLE_${i}`, 'v'.repeat(3_000)]),
      ),
    });
    const script = 'echo ${#1} ${#VARIABLE_0}; compgen -v VARIABLE_ | wc -l';
    const argv = ['bash', '-c', script, 'x', 'a'.repeat(100_000)];
    const long = await runScript(sandbox, '', { env: variables(400), argv });
    expect(long.output).toBe('100000 3000\n400\n');
    const tooLong = await runScript(sandbox, '', { env: variables(2_000), argv });
    expect(tooLong.exit).toMatchObject({
      kind: 'broken',
      diagnostic: { code: 'sandbox/setup-failed' },
    });
    expect(tooLong.output).toContain('Argument list too long');
    const huge = { argv: ['true', 'a'.repeat(3 << 20)] };
    expect((await runScript(sandbox, '', huge)).output).toContain('E2BIG');
  });

  test.each([
    ['a missing program', { argv: ['nowhere', 'x'] }, 'sandbox/no-such-command'],
    ['a missing working directory', { workdir: '/nowhere' }, 'sandbox/setup-failed'],
    [
      'a missing mount source',
      { mounts: [{ source: '/nowhere', target: '/x', writable: false }] },
      'sandbox/setup-failed',
    ],
    ['no command', { argv: [] }, 'sandbox/bad-command'],
    ['a NUL in an argument', { argv: ['true', 'a\0--bind\0/\0/'] }, 'sandbox/bad-command'],
    ['a NUL in a variable', { env: { A: 'a\0b' } }, 'sandbox/bad-command'],
    ['a variable without a name', { env: { '': 'a' } }, 'sandbox/bad-command'],
    ['a relative working directory', { workdir: 'tmp' }, 'sandbox/bad-command'],
    [
      'a mount target that climbs',
      { mounts: [{ source: '/tmp', target: '/x/../../etc', writable: true }] },
      'sandbox/bad-command',
    ],
  ])('refuses %s', async (_, overrides, code) => {
    const { exit } = await runScript(sandbox, 'true', overrides);
    expect(exit).toMatchObject({ kind: 'broken', diagnostic: { code } });
  });

  test('a shell can do the same', async () => {
    using work = scratch();
    const script = 'id -un; hostname; pwd; env | sort; touch here';
    const mounts = [{ source: work.path, target: '/pkg/build', writable: true }];
    const command = { mounts, workdir: '/pkg/build', env: { PATH: '/usr/bin:/bin', A: "it's" } };
    const { output } = await runScript(sandbox, script, command);
    const argv = sandbox.commandLine({
      ...command,
      argv: ['/bin/bash', '-c', script],
      image,
      network: false,
      limits: {},
      onOutput: () => undefined,
    });
    expect(output).toContain("A=it's");
    expect(await printed(argv)).toBe(output);
  });
});

describe('what is visible', () => {
  test('is the image, the mounts and a few generated files', async () => {
    using work = scratch();
    writeFileSync(join(work.path, 'file'), 'content\n');
    const { output } = await runScript(
      sandbox,
      'echo /*; echo /pkg/*; echo /usr/local/*; echo /tmp/* /var/* /var/tmp/*; cat /pkg/src/file; echo /etc/*; cat /etc/passwd',
      { mounts: [{ source: work.path, target: '/pkg/src', writable: false }] },
    );
    expect(output.split('\n')).toEqual([
      ['/bin', '/dev', '/etc', ...lib(), '/pkg', '/proc', '/sbin', '/tmp', '/usr', '/var'].join(
        ' ',
      ),
      '/pkg/src',
      '/usr/local/*',
      '/tmp/* /var/tmp /var/tmp/*',
      'content',
      [
        ...(existsSync('/etc/alternatives') ? ['/etc/alternatives'] : []),
        '/etc/group /etc/host.conf /etc/hostname /etc/hosts /etc/nsswitch.conf',
        '/etc/os-release /etc/passwd /etc/protocols /etc/services',
      ].join(' '),
      'root:x:0:0:root:/root:/bin/sh',
      'build:x:1000:1000:build:/homeless:/bin/sh',
      'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
      '',
    ]);
  });

  const lib = (): string[] => Object.keys(image.links).filter((path) => path.startsWith('/lib'));

  test('is a user without rights, alone on the machine', async () => {
    const { output } = await runScript(
      sandbox,
      [
        'id -u; id -g; id -un; whoami; hostname',
        "grep -c . /proc/net/dev; awk -F: 'NR > 2 { print $1 }' /proc/net/dev",
        "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status",
        'unshare -Ur true 2>/dev/null || echo no namespaces',
        'getent hosts localhost >/dev/null && echo localhost; getent hosts example.org || echo no names',
        '(exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null || echo no connections',
        'ls /proc | grep -c "^[0-9]"; tty',
      ].join('\n'),
    );
    expect(output.split('\n')).toEqual([
      '1000',
      '1000',
      'build',
      'build',
      'ashlar',
      '3',
      '    lo',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
      'no namespaces',
      'localhost',
      'no names',
      'no connections',
      // The first process, the shell, ls and grep.
      '4',
      'not a tty',
      '',
    ]);
  });

  test('is the given environment and PWD', async () => {
    process.env['ASHLAR_TEST_LEAK'] = 'leak';
    const env = { PATH: '/usr/bin:/bin', EMPTY: '', TEXT: ' a\nb=c\'"$x' };
    const { output } = await runScript(sandbox, '', { argv: ['env', '-0'], env });
    expect(output.split('\0').sort()).toEqual(
      ['', 'EMPTY=', 'PATH=/usr/bin:/bin', 'PWD=/tmp', `TEXT= a\nb=c'"$x`].sort(),
    );
    const first = await runScript(sandbox, "tr '\\0' '\\n' </proc/1/environ");
    expect(first.output).not.toContain('ASHLAR_TEST_LEAK');
    delete process.env['ASHLAR_TEST_LEAK'];
  });

  test('is no file descriptor but the standard three', async () => {
    const { output } = await runScript(sandbox, '', { argv: ['ls', '/proc/self/fd'] });
    // The fourth is that of the listing.
    expect(output).toBe('0\n1\n2\n3\n');
  });

  test('is the machine’s network only where it is asked for', async () => {
    const names = 'awk -F: \'NR > 2 { gsub(/ /, "", $1); print $1 }\' /proc/net/dev';
    const with_ = await runScript(
      sandbox,
      `${names}; test -s /etc/resolv.conf && echo names; test -d /etc/ssl/certs && echo certs`,
      { network: true },
    );
    const lines = with_.output.split('\n');
    for (const name of Object.keys(networkInterfaces())) expect(lines).toContain(name);
    if (existsSync('/etc/resolv.conf')) expect(lines).toContain('names');
    if (existsSync('/etc/ssl/certs')) expect(lines).toContain('certs');
    const without = await runScript(sandbox, `${names}; ls /etc/resolv.conf /etc/ssl`);
    expect(without.output).toMatch(/^lo\nls: cannot access/);
  });
});

describe('what can be written to', () => {
  test('is what was mounted writable', async () => {
    using work = scratch();
    for (const name of ['src', 'build']) mkdirSync(join(work.path, name));
    mkdirSync(join(work.path, 'src/inner'));
    writeFileSync(join(work.path, 'src/file'), 'old');
    const { exit, output } = await runScript(
      sandbox,
      [
        'umask; echo new > made; mkdir -p deep/er; echo x > /pkg/src/inner/y',
        'for path in / /dev /etc /usr /usr/local /usr/bin /pkg /pkg/src /var /proc/sys/kernel; do',
        '  (echo x > $path/zz) 2>/dev/null && echo wrote $path',
        'done',
        '(echo x > /pkg/src/file) 2>/dev/null || echo kept',
        'find /proc/[a-z]* -type f -writable 2>/dev/null | head -3',
        'setting=/proc/sys/vm/swappiness; (cat $setting > $setting) 2>/dev/null && echo wrote settings',
        'chmod 777 /pkg/src 2>/dev/null || echo mode kept',
        'mount -t tmpfs x /tmp 2>/dev/null || echo no mounts',
        'echo t > /tmp/t; echo s > /dev/shm/s',
      ].join('\n'),
      {
        mounts: [
          { source: join(work.path, 'src'), target: '/pkg/src', writable: false },
          { source: join(work.path, 'build'), target: '/pkg/src/inner', writable: true },
        ],
        workdir: '/pkg/src/inner',
      },
    );
    expect(output).toBe('0022\nkept\nmode kept\nno mounts\n');
    expect(exit).toEqual(OK);
    expect(readdirSync(join(work.path, 'build')).sort()).toEqual(['deep', 'made', 'y']);
    expect(readFileSync(join(work.path, 'build/made'), 'utf8')).toBe('new\n');
    const made = lstatSync(join(work.path, 'build/made'));
    expect([made.uid, made.mode & 0o777]).toEqual([process.getuid!(), 0o644]);
    expect(readdirSync(join(work.path, 'src/inner'))).toEqual([]);
    expect((await runScript(sandbox, 'echo /tmp/* /dev/shm/*')).output).toBe('/tmp/* /dev/shm/*\n');
  });

  test('holds hundreds of mounts', async () => {
    using work = scratch();
    const mounts = Array.from({ length: 120 }, (_, i) => {
      const source = join(work.path, `package-${i}`);
      mkdirSync(source);
      writeFileSync(join(source, 'name'), `${i}\n`);
      return { source, target: `/pkg/store/${'long'.repeat(40)}-${i}`, writable: false };
    });
    const { output } = await runScript(sandbox, 'cat /pkg/store/*/name | sort -n | tail -1', {
      mounts,
    });
    expect(output).toBe('119\n');
  });

  test('is mounted into /etc, too', async () => {
    using work = scratch();
    writeFileSync(join(work.path, 'file'), 'f\n');
    const { output } = await runScript(sandbox, 'cat /etc/one /etc/two/file /etc/hostname', {
      mounts: [
        { source: join(work.path, 'file'), target: '/etc/one', writable: false },
        { source: work.path, target: '/etc/two', writable: true },
      ],
    });
    expect(output).toBe('f\nf\nashlar\n');
  });

  test('goes away whatever is left there', async () => {
    using work = scratch();
    const build = join(work.path, 'build');
    mkdirSync(build);
    const { exit } = await runScript(
      sandbox,
      String.raw`
        mkdir -p closed/in/side readonly; touch closed/in/side/file readonly/file
        chmod 0 closed/in/side/file closed/in/side closed/in closed; chmod 555 readonly
        mkfifo fifo; truncate -s 1T sparse; touch one; ln one two; chmod 6777 one
        ln -s / root; ln -s loop loop; touch $'\xff\xfe' $'new\nline' -- -rf
        perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1) or die'
        mknod device c 1 3 2>/dev/null && echo made a device
        chattr +i one 2>/dev/null && echo made it immutable
        perl -e 'for (1..1000) { mkdir "deeeeeeeeep" and chdir "deeeeeeeeep" or die } open F, ">bottom"'
      `,
      {
        mounts: [{ source: build, target: '/pkg/build', writable: true }],
        workdir: '/pkg/build',
      },
    );
    expect(exit).toEqual(OK);
    expect(readdirSync(build)).toContain('socket');
    removeTree(build);
    expect(existsSync(build)).toBe(false);
  });
});

describe('limits', () => {
  test('of temporary files', async () => {
    const script = (path: string): string =>
      `head -c 30000000 /dev/zero > ${path}/x; wc -c < ${path}/x`;
    for (const path of ['/tmp', '/dev/shm']) {
      const { output } = await runScript(sandbox, script(path), {
        limits: { temporaryBytes: 20_000_000 },
      });
      expect(output).toContain('No space left on device');
      // In whole pages.
      expect(Number(output.trim().split('\n').at(-1))).toBeLessThanOrEqual(20_004_864);
    }
  });

  const hog = `perl -e '$x = "a" x 300_000_000; print length $x'`;

  test('of memory', async () => {
    const limits = { memoryBytes: 100_000_000 };
    const { exit, output } = await runScript(sandbox, `exec ${hog}`, { limits });
    expect(output).not.toContain('300000000');
    const parents = findCgroups()?.parents ?? {};
    const warnings = await sandbox.limitations!(limits);
    if (parents.memory === undefined) {
      expect(exit).not.toEqual(OK);
      expect(warnings.map(({ code }) => code)).toEqual(['sandbox/limit-not-enforced']);
    } else {
      expect(exit).toEqual({ kind: 'exited', status: 137, outOfMemory: true });
      expect(warnings).toEqual([]);
    }
    expect((await runScript(sandbox, hog)).output).toBe('300000000');
  });

  test('of processes', async () => {
    const limits = { processes: 10, timeoutMs: 20_000 };
    const script = `perl -e 'for (1 .. 30) {
      my $child = fork;
      if (!defined $child) { print $!; last }
      if ($child == 0) { sleep 100; exit }
    }'`;
    const enforced = isRoot ? findCgroups()?.parents.pids !== undefined : true;
    const { output } = await runScript(sandbox, script, { limits });
    expect(output.includes('Resource temporarily unavailable')).toBe(enforced);
    const warnings = await sandbox.limitations!(limits);
    expect(warnings.length).toBe(enforced ? 0 : 1);
  });

  test('leave no control group behind', () => {
    const parents = Object.values(findCgroups()?.parents ?? {});
    const left = parents.flatMap((parent) =>
      readdirSync(parent).filter((name) => name.startsWith(`ashlar-${process.pid}-`)),
    );
    expect(left).toEqual([]);
  });

  test('of time end a fork bomb', async () => {
    const word = marker();
    const { exit } = await runScript(
      sandbox,
      `bomb() { bomb ${word} | bomb & }; bomb; sleep 1000`,
      {
        argv: ['/bin/bash', '-c', `bomb() { bomb | bomb & }; bomb; sleep 1000`, word],
        limits: { processes: 100, timeoutMs: 1_000 },
      },
    );
    expect(exit.kind).toMatch(/timeout|exited/);
    expect(alive(word)).toEqual([]);
  });
});

test('the state directory is made again when it is damaged', async () => {
  const etc = readdirSync(join(state.path, 'state')).find((name) => name.startsWith('etc-'))!;
  writeFileSync(join(state.path, 'state', etc, 'passwd'), 'evil:x:0:0::/:/bin/sh\n');
  const again = bubblewrap({ directory: join(state.path, 'state') });
  expect((await runScript(again, 'id -un')).output).toBe('build\n');
});

test.runIf(!isRoot)('a state directory that cannot be made is a diagnostic', async () => {
  using work = scratch();
  chmodSync(work.path, 0o500);
  const { exit } = await runScript(bubblewrap({ directory: join(work.path, 'state') }), 'true');
  expect(exit).toMatchObject({ kind: 'broken', diagnostic: { code: 'fs/eacces' } });
});
