// A command as bwrap's arguments: the exact list, and the order that makes it right.
import { expect, test } from 'vitest';
import { bubblewrapOptions } from '../../src/sandbox/arguments.ts';
import type { SandboxCommand } from '../../src/sandbox/port.ts';

const command: SandboxCommand = {
  argv: ['make', '-j2'],
  env: { PATH: '/usr/bin', A: 'b' },
  workdir: '/pkg/build',
  mounts: [
    { source: '/m/src', target: '/pkg/src', writable: false },
    { source: '/m/build', target: '/pkg/build', writable: true },
  ],
  image: {
    name: 'host',
    identity: 'x',
    impure: true,
    mounts: [
      { source: '/usr', target: '/usr', writable: false },
      { source: '/etc/alternatives', target: '/etc/alternatives', writable: false },
    ],
    links: { '/bin': 'usr/bin' },
    hidden: ['/usr/local'],
  },
  network: false,
  limits: { temporaryBytes: 4096 },
  onOutput: () => undefined,
};
const features = { size: true, disableUserns: true, fixedAddresses: true };

test('the whole of it', () => {
  const { isolation, view } = bubblewrapOptions(command, features, '/state/etc', []);
  expect(isolation.join(' ')).toBe(
    '--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --unshare-net ' +
      '--disable-userns --die-with-parent --new-session --clearenv --cap-drop ALL ' +
      '--uid 1000 --gid 1000 --hostname ashlar --chdir /pkg/build',
  );
  expect(view.join(' ')).toBe(
    '--setenv PATH /usr/bin --setenv A b ' +
      '--ro-bind /usr /usr --symlink usr/bin /bin --tmpfs /usr/local --remount-ro /usr/local ' +
      '--ro-bind /state/etc /etc --ro-bind /etc/alternatives /etc/alternatives ' +
      '--proc /proc --dev /dev --perms 1777 --size 4096 --tmpfs /dev/shm ' +
      '--perms 1777 --size 4096 --tmpfs /tmp --perms 0755 --dir /var --symlink ../tmp /var/tmp ' +
      '--ro-bind /m/src /pkg/src --bind /m/build /pkg/build --remount-ro /proc --remount-ro /dev --remount-ro /',
  );
});

test('an older bwrap gets what it knows', () => {
  const old = { size: false, disableUserns: false, fixedAddresses: false };
  const { isolation, view } = bubblewrapOptions(command, old, '/state/etc', []);
  expect([...isolation, ...view]).not.toContain('--size');
  expect([...isolation, ...view]).not.toContain('--disable-userns');
});

test('network means the machine’s, and the files it takes', () => {
  const resolver = { source: '/run/resolv.conf', target: '/etc/resolv.conf', writable: false };
  const given = { ...command, network: true };
  const { isolation, view } = bubblewrapOptions(given, features, '/state/etc', [resolver]);
  expect(isolation).not.toContain('--unshare-net');
  const text = view.join(' ');
  expect(text.indexOf('--ro-bind /run/resolv.conf /etc/resolv.conf')).toBeGreaterThan(
    text.indexOf('--ro-bind /state/etc /etc'),
  );
});
