// Build scripts that do what no build script should: each ends with a verdict that does not depend on the
// machine, nothing of it runs on, and what it left can be removed.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig, processesWith, type Rig, type Run } from '../rig/program.ts';

const mark = `ashlar-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

const SUCCEED: Readonly<Record<string, string>> = {
  'a-flood': 'head -c 80000000 /dev/zero | tr "\\0" "\\n"; touch $PKG_PATH/x',
  'a-daemon': `(MARK=${mark} setsid sleep 600 >/dev/null 2>&1 </dev/null &); touch $PKG_PATH/x`,
  'a-closed': 'exec >&- 2>&- <&-; touch $PKG_PATH/x',
  'a-names': `touch $PKG_PATH/$'a\\nb' $PKG_PATH/-rf $PKG_PATH/$'\\e[31m' "$PKG_PATH/ x. " $PKG_PATH/é`,
  'a-links':
    'ln -s /etc/passwd $PKG_PATH/out; ln -s ../../../../etc $PKG_PATH/up; ln -s no $PKG_PATH/no; ln -s loop $PKG_PATH/loop',
  'a-modes':
    'touch $PKG_PATH/x $PKG_PATH/y; chmod 6755 $PKG_PATH/x; chmod 0 $PKG_PATH/y; mkdir -p left/in; chmod 0 left/in left',
  'a-hard': 'echo one > $PKG_PATH/x; ln $PKG_PATH/x $PKG_PATH/y',
  // 188 is setxattr on this kind of machine; nothing of it may become part of a package.
  'a-attributes': [
    'touch $PKG_PATH/x',
    `perl -e 'my ($f, $n, $v) = ("$ENV{PKG_PATH}/x", "user.note", "abc"); syscall(188, $f, $n, $v, 3, 0) if \`uname -m\` =~ /x86_64/'`,
    'setcap cap_net_raw+ep $PKG_PATH/x || true',
    'setfacl -m u:7:rwx $PKG_PATH/x || true',
    'chattr +i $PKG_PATH/x || true',
  ].join('\n'),
};

/** The scripts that fail, and what is said of each. */
const FAIL: Readonly<Record<string, readonly [script: string, text: RegExp]>> = {
  'z-fifo': ['mkfifo $PKG_PATH/x', /x is a named pipe/],
  'z-socket': [
    `perl -MSocket -e 'socket S,PF_UNIX,SOCK_STREAM,0; bind S,sockaddr_un("$ENV{PKG_PATH}/x") or die'`,
    /x is a socket/,
  ],
  // Without rights there are no devices but this one, which overlays take for a file that was removed.
  'z-device': ['mknod $PKG_PATH/x c 1 3', /Operation not permitted/],
  'z-whiteout': ['mknod $PKG_PATH/x c 0 0', /x is a character device|Operation not permitted/],
  'z-sparse': ['truncate -s 1T $PKG_PATH/x', /more than 256 GiB, counted up to x/],
  'z-bytes': [`touch $PKG_PATH/$'\\xff\\xfe'`, /is not UTF-8/],
  'z-deep': [
    'cd $PKG_PATH; for i in $(seq 300); do mkdir dddddddddddddddddddd; cd dddddddddddddddddddd; done',
    /lies deeper than a path can reach/,
  ],
  'z-descriptors': [
    'ulimit -n 20; for i in $(seq 30); do eval "exec {x$i}</dev/null"; done; touch $PKG_PATH/x',
    /Too many open files/,
  ],
  'z-shm': ['head -c 1200000000 /dev/zero > /dev/shm/x', /No space left on device/],
  'z-line': ['head -c 70000000 /dev/zero | tr "\\0" x; exit 1', /^ {2}│ x{400}…$/m],
  'z-noise': [
    String.raw`printf 'a\0b\033[31mred\033[0m\xff\r\n\033]0;title\007 over\rwritten\n'; exit 1`,
    /^ {2}│ a\\u0000bred\ufffd\n {2}│ written$/m,
  ],
  'z-killed': ['kill -9 $$', /failed with exit status 137 \(SIGKILL\)/],
  'z-everyone': ['kill -9 -1 || kill -9 1 || exit 7; exit 8', /failed with exit status [78]\n/],
};

let rig: Rig;
let first: Run;
beforeAll(() => {
  rig = createRig();
  const scripts = {
    ...SUCCEED,
    ...Object.fromEntries(Object.entries(FAIL).map(([name, [script]]) => [name, script])),
  };
  for (const [name, script] of Object.entries(scripts)) {
    rig.write({ [`${name}/buildinfo.json`]: '{}', [`${name}/build`]: `#!/bin/bash\n${script}\n` });
  }
  first = rig.run(['build', '--keep-going', '--plain']);
});
afterAll(() => rig[Symbol.dispose]());

function listing(name: string): string {
  const archive = join(
    'cache/packages',
    name,
    `${rig.read(`cache/packages/${name}/latest`)}.tar.xz`,
  );
  const options = ['--numeric-owner', '--quoting-style=escape', '-tvf', archive];
  return execFileSync('tar', options, { cwd: rig.packages, encoding: 'utf8' });
}

/** What was said between the line that a task failed and the next one that tells of a task. */
function told(name: string): string {
  const text = new RegExp(`^failed {3}${name}:build .*\\n((?:(?!\\w+ +\\S+:\\w+).*\\n)*)`, 'm');
  return text.exec(first.stderr)?.[1] ?? '';
}

function failedBuilds({ stderr }: Run): Set<string | undefined> {
  return new Set([...stderr.matchAll(/^failed {3}(\S+):build/gm)].map(([, name]) => name));
}

test('all of them end, each with its verdict', () => {
  expect(failedBuilds(first)).toEqual(new Set(Object.keys(FAIL)));
  expect(first.status).toBe(1);
});

test.each(Object.entries(FAIL))('%s is told', (name, [, text]) => {
  expect(told(name)).toMatch(text);
  // Nothing that a terminal would obey, whatever was printed.
  expect(told(name)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
});

test('nothing runs on, and nothing is left in the store', () => {
  expect(processesWith(mark)).toEqual([]);
  expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
});

test('a log ends at its limit, and says so', () => {
  const log = join(rig.packages, 'cache/log/a-flood/build.log');
  expect(statSync(log).size).toBeLessThan((64 << 20) + 100);
  expect(execFileSync('tail', ['-n', '1', log], { encoding: 'utf8' })).toBe(
    '[the log is cut here, at 64 MiB]\n',
  );
});

describe('what becomes a package', () => {
  test('odd names, as they are', () => {
    const names = listing('a-names')
      .split('\n')
      .filter((line) => !line.endsWith('.json'));
    expect(names.map((line) => line.slice(line.indexOf('00:00 ') + 6)).filter(Boolean)).toEqual([
      '\\033[31m',
      ' x. ',
      '-rf',
      'a\\nb',
      'é',
    ]);
  });

  test('links, as links', () => {
    expect(listing('a-links')).toMatch(/^l.* out -> \/etc\/passwd$/m);
    expect(listing('a-links')).toMatch(/^l.* loop -> loop$/m);
  });

  test('files without set-id bits, which everybody may read', () => {
    expect(listing('a-modes')).toMatch(/^-rwxr-xr-x 0\/0 .* x$/m);
    expect(listing('a-modes')).toMatch(/^-r--r--r-- 0\/0|^-rw-r--r-- 0\/0 .* y$/m);
  });

  test('files without attributes, capabilities or access lists', () => {
    const id = rig.read('cache/packages/a-attributes/latest');
    const archive = join(rig.packages, 'cache/packages/a-attributes', `${id}.tar.xz`);
    const bytes = execFileSync('xz', ['-dc', archive], { maxBuffer: 1 << 26 });
    for (const kind of ['SCHILY', 'LIBARCHIVE', 'user.note']) {
      expect(bytes.includes(kind)).toBe(false);
    }
    expect(listing('a-attributes')).toMatch(/^-rw-r--r-- 0\/0 .* x$/m);
  });

  test('one file with two names, whole under each', () => {
    expect(listing('a-hard')).not.toMatch(/^h/m);
    expect(listing('a-hard')).toMatch(/ 4 .* x\n.* 4 .* y\n/);
  });
});

test('and the next build says the same', () => {
  const again = rig.run(['build', '--keep-going', '--plain']);
  expect(failedBuilds(again)).toEqual(new Set(Object.keys(FAIL)));
  expect(again.stderr).toMatch(new RegExp(`${Object.keys(SUCCEED).length} up to date`));
});
