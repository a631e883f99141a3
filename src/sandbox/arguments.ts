// A command of the port as arguments of bwrap(1). Pure text: which mounts, in which order, with which
// options; nothing is looked up on the machine and nothing is run.
import { HOSTNAME, USER } from './etc.ts';
import { mountPoint } from './overlay.ts';
import type { Mount, SandboxCommand } from './port.ts';

/** What the installed bwrap and the kernel can do, found by trying. */
export interface Features {
  /** `--size`, bwrap 0.7. */
  readonly size: boolean;
  /** `--disable-userns`, bwrap 0.8. */
  readonly disableUserns: boolean;
  /** Address space randomisation can be turned off by setarch(8). */
  readonly fixedAddresses: boolean;
}

/** Size of /tmp and of /dev/shm where the limits do not say: 1 GiB. */
const TEMPORARY_BYTES = 1 << 30;

export interface BubblewrapOptions {
  /** What sets the command apart from the machine: short, and always on the command line. */
  readonly isolation: readonly string[];
  /** What the command gets to see. May be handed over apart, as it grows with the mounts. */
  readonly view: readonly string[];
}

/**
 * Options of bwrap, up to the command itself. Mounts come as given, each as a mount of its own: bwrap's
 * time grows with the square of their number (10 cost 14 ms, 200 cost 112 ms, 1,000 cost 1.8 s), so
 * callers with more than some fifty dependencies mount their store once and a tree of links into it.
 *
 * @param etc directory of this machine that becomes /etc.
 * @param system mounts of the machine that the command needs beside its own (for the network).
 */
export function bubblewrapOptions(
  command: SandboxCommand,
  features: Features,
  etc: string,
  system: readonly Mount[],
): BubblewrapOptions {
  return {
    isolation: [
      '--unshare-user',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--unshare-cgroup-try',
      ...(command.network ? [] : ['--unshare-net']),
      ...(features.disableUserns ? ['--disable-userns'] : []),
      '--die-with-parent',
      '--new-session',
      '--clearenv',
      ...option('--cap-drop', 'ALL'),
      ...option('--uid', String(command.identity?.id ?? USER.id)),
      ...option('--gid', String(command.identity?.id ?? USER.id)),
      ...option('--hostname', command.identity?.hostname ?? HOSTNAME),
      ...option('--chdir', command.workdir),
    ],
    view: [
      ...Object.entries(command.env).flatMap(([key, value]) => ['--setenv', key, value]),
      ...rootOptions(command, etc, system),
      ...temporaryOptions(command, features),
      ...command.mounts.flatMap(bind),
      // Where Ashlar runs as root, the command is root to the kernel's settings in /proc/sys, too.
      ...option('--remount-ro', '/proc'),
      // Devices stay usable, each being a mount of its own; only the directory takes no more files.
      ...option('--remount-ro', '/dev'),
      ...option('--remount-ro', '/'),
    ],
  };
}

function rootOptions(
  { image }: SandboxCommand,
  etc: string,
  system: readonly Mount[],
): readonly string[] {
  const inEtc = (mount: Mount): boolean => mount.target.startsWith('/etc/');
  return [
    ...image.mounts.filter((mount) => !inEtc(mount)).flatMap(bind),
    ...Object.entries(image.links).flatMap(([path, target]) => option('--symlink', target, path)),
    ...(image.hidden ?? []).flatMap((path) => option('--tmpfs', path, '--remount-ro', path)),
    ...option('--ro-bind', etc, '/etc'),
    ...image.mounts.filter(inEtc).flatMap(bind),
    ...system.flatMap(bind),
  ];
}

function temporaryOptions({ limits }: SandboxCommand, features: Features): readonly string[] {
  const size = features.size ? ['--size', String(limits.temporaryBytes ?? TEMPORARY_BYTES)] : [];
  return [
    ...option('--proc', '/proc'),
    ...option('--dev', '/dev'),
    ...option('--perms', '1777', ...size, '--tmpfs', '/dev/shm'),
    ...option('--perms', '1777', ...size, '--tmpfs', '/tmp'),
    ...option('--perms', '0755', '--dir', '/var'),
    ...option('--symlink', '../tmp', '/var/tmp'),
  ];
}

/** One option with its values, kept on one line. */
function option(...words: readonly string[]): readonly string[] {
  return words;
}

function bind({ source, target, writable, over }: Mount): string[] {
  const from = over === undefined ? source : mountPoint(over);
  return [writable ? '--bind' : '--ro-bind', from, target];
}
