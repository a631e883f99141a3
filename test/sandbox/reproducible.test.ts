// A recipe that records all it can find out gives one digest, whoever runs it, from where, and with
// which environment.
import { chownSync, chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { bundleDriver, isRoot, printed, scratch } from './rig.ts';

const PROBE = String.raw`
  env | sort | grep -v ^MARKER=
  hostname; whoami; id -u; id -un; id -g; id -gn; echo ~ ~build; pwd
  umask; ulimit -S -a; ulimit -H -a
  tty; stty size 2>&1; tput cols 2>&1
  ls -1U /; ls -1U /dev; ls -1U /tmp /var; ls -1 /proc | grep -v '^[0-9]*$'; echo /proc/[0-9]*
  for pid in 1 $$; do tr '\0' '\n' </proc/$pid/cmdline | grep -v ^PROBE; tr '\0' '\n' </proc/$pid/environ | sort | grep -v ^MARKER=; done
  cat /proc/self/uid_map | wc -l; cat /proc/self/cgroup; grep -E '^(Cap|NoNew|Seccomp|Uid|Gid|Groups|Sig[BI])' /proc/self/status
  cat /proc/self/personality; sed 's/ .*//' /proc/self/maps | head -3
  cat /proc/net/dev | cut -c1-7; cat /proc/net/route; getent hosts example.org localhost ashlar
  ls -1U /etc; find /etc -maxdepth 1 ! -name alternatives ! -type l -printf '%p %m %U %G %s %t\n'; cat /etc/[a-z]* 2>/dev/null
  awk '{ print $5, $6 }' /proc/self/mountinfo | grep -v ^/proc/
  df --output=size,target /tmp /dev/shm; date -u -d @0; locale 2>&1; ls /sys /home /root /run /usr/local 2>&1
  ls /proc/self/fd /proc/1/fd
  ps -e -o tty,args | grep -v -e PROBE -e grep; nice; jobs; shopt; set -o; trap -p; kill -l
  for n in 1 2 3; do python3 -c 'print(id(object()))'; done
`;

interface Surroundings {
  readonly user?: boolean;
  readonly umask: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly before?: string;
}

test('one digest', async () => {
  using place = scratch();
  const driver = bundleDriver(place.path);
  const run = async (name: string, { user, umask, cwd, env, before }: Surroundings) => {
    const home = join(place.path, name);
    mkdirSync(home);
    chmodSync(home, 0o755);
    if (user === true) chownSync(home, 65_534, 65_534);
    const shell = `umask ${umask}; ${before ?? ':'}; exec "$@"`;
    const switched =
      user === true ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const node = [process.execPath, driver, 'bubblewrap', join(home, 'state'), PROBE];
    return printed(['bash', '-c', shell, 'x', ...switched, ...node], { cwd, env });
  };
  // With no descriptor that whoever started the tests left open: the others add some.
  const first = await run('one', {
    umask: '022',
    cwd: '/',
    env: { PATH: process.env['PATH']! },
    before: 'for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done',
  });
  expect(first).toContain('build');
  expect(first.split('\n').length).toBeGreaterThan(100);
  const others: Surroundings[] = [
    {
      umask: '077',
      cwd: place.path,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: '/elsewhere',
        LANG: 'de_DE.UTF-8',
        LC_ALL: 'C.UTF-8',
        TZ: 'Asia/Tokyo',
        SOURCE_DATE_EPOCH: '1',
        USER: 'someone',
        COLUMNS: '40',
        TERM: 'xterm',
        MAKEFLAGS: '-j7',
        SHLVL: '9',
      },
      before:
        'ulimit -S -n 300; ulimit -S -s 1024; ulimit -c unlimited; exec 4</etc/passwd 7>&1 33</dev/null',
    },
    ...(isRoot
      ? [
          { user: true, umask: '000', cwd: '/tmp', env: { PATH: '/bin' } },
          { user: true, umask: '027', cwd: '/usr', env: { LD_LIBRARY_PATH: '/nowhere' } },
        ]
      : []),
  ];
  for (const [index, surroundings] of others.entries()) {
    const other = await run(`other-${index}`, surroundings);
    expect(other).toBe(first);
    expect(digestOf(other)).toEqual(digestOf(first));
  }
});
