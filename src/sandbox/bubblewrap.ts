// Full isolation by bubblewrap: namespaces of its own for users, processes, network, hostname and
// shared memory, and a root that holds what was given and nothing else. Works as root and as any user
// where user namespaces are on. Costs a few milliseconds per command.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { bubblewrapOptions, type BubblewrapOptions, type Features } from './arguments.ts';
import { checkCommand } from './check.ts';
import { enter, inheritedDescriptors } from './entry.ts';
import { etcDirectory } from './etc.ts';
import { enforce, limitWarnings, notEnforced, type Enforced } from './limits.ts';
import { Namespace, OPTIONS_FD, STATUS_FD } from './namespace.ts';
import { overlaid, overlaysWork, prepareOverlays } from './overlay.ts';
import { PipePool } from './pipe.ts';
import type { Limits, Mount, Sandbox, SandboxCommand } from './port.ts';
import { probeBubblewrap, type Bubblewrap } from './probe.ts';
import { FIRST_LENT_FD, supervise } from './supervise.ts';

export interface BubblewrapSettings {
  /** Where the /etc of sandboxes is kept between runs; made when it is missing. */
  readonly directory: string;
  /** After SIGTERM, how long a command may take to end before SIGKILL. 2,000 unless given. */
  readonly graceMs?: number;
  /** Directories to look for bwrap in. The PATH of this process unless given. */
  readonly searchPath?: string;
}

/** Processes of bubblewrap itself: the one that waits outside, and the first of the namespace. */
const OWN_PROCESSES = 2;

/**
 * The sandbox of choice. What remains visible of the machine: its kernel (`uname -r`), the number and
 * kind of its processors, the size of its memory, the paths of mount sources in /proc/self/mountinfo,
 * and to whom the files of the image belong (the build's own user where Ashlar runs as root, `nobody`
 * elsewhere). The environment is the given one and PWD.
 */
export function bubblewrap(settings: BubblewrapSettings): Sandbox {
  const { directory, graceMs = 2_000 } = settings;
  const searchPath = settings.searchPath ?? process.env['PATH'] ?? '';
  const pool = new PipePool(directory);
  const etcPaths = new Map<string, string>();
  const inherited = inheritedDescriptors();
  let probing: Promise<Result<Bubblewrap>> | undefined;
  let known = ALL_FEATURES;
  const probe = (): Promise<Result<Bubblewrap>> => {
    probing ??= probeBubblewrap(directory, searchPath).then((probed) => {
      if (probed.ok) known = probed.value.features;
      return probed;
    });
    return probing;
  };

  /** Options up to the command; files of the machine are looked at, nothing is run. */
  const optionsFor = (command: SandboxCommand, features: Features): Result<BubblewrapOptions> => {
    const system = command.network ? networkMounts() : [];
    const points = mountPoints([...command.image.mounts, ...system, ...command.mounts]);
    const key = JSON.stringify(points);
    let etc = etcPaths.get(key);
    if (etc === undefined) {
      const made = etcDirectory(directory, points);
      if (!made.ok) return made;
      etc = made.value;
      etcPaths.set(key, etc);
    }
    return ok(bubblewrapOptions(command, features, etc, system));
  };

  return {
    name: 'bubblewrap',
    hermetic: true,
    overlays: overlaysWork,
    async unavailable() {
      const probed = await probe();
      return probed.ok ? undefined : probed.diagnostics[0];
    },
    async limitations(limits) {
      await probe();
      return limitations(limits, known);
    },
    async run(command) {
      const wrong = checkCommand(command);
      if (wrong !== undefined) return { kind: 'broken', diagnostic: wrong };
      const probed = await probe();
      if (!probed.ok) return { kind: 'broken', diagnostic: probed.diagnostics[0]! };
      const prepared = optionsFor(command, probed.value.features);
      if (!prepared.ok) return { kind: 'broken', diagnostic: prepared.diagnostics[0]! };
      const enforced = enforce(command.limits, OWN_PROCESSES);
      try {
        prepareOverlays(command.mounts);
        const namespace = new Namespace(command, prepared.value.view);
        const outcome = await supervise(pool, {
          argv: launchLine(probed.value, prepared.value.isolation, command, enforced, inherited),
          env: {},
          // Called by the same name everywhere: it is the first process that the command sees.
          cwd: dirname(probed.value.program),
          channels: 2,
          lent: command.lent,
          onOutput: namespace.onOutput,
          timeoutMs: command.limits.timeoutMs,
          signal: command.signal,
          graceMs,
          started: (child) => namespace.connect(child),
          kill: (pid, signal) => namespace.kill(pid, signal),
          exited: (pid) => namespace.exited(pid),
          settle: () => namespace.settle(),
        });
        return namespace.exit(outcome, enforced.cgroup?.outOfMemory() === true);
      } finally {
        await enforced.cgroup?.remove();
      }
    },
    commandLine(command) {
      const prepared = optionsFor(command, known);
      const { isolation = [], view = [] } = prepared.ok ? prepared.value : {};
      const argv = ['bwrap', ...isolation, ...view, '--', ...command.argv];
      return overlaid(command.mounts, '/', argv);
    },
  };
}

const ALL_FEATURES: Features = { size: true, disableUserns: true, fixedAddresses: true };

/**
 * Limits of every command, so that they are the same on every machine: no core dumps, 4,096 open
 * files, 8 MiB of stack (which a command may raise to 1 GiB), 64 KiB of locked memory.
 */
const FIXED_LIMITS = ['-c 0', '-n 4096', '-S -s 8192', '-H -s 1048576', '-l 64'];

/** The shell that sets umask and limits, then setarch, then bwrap, then the command. */
function launchLine(
  { program, prefix }: Bubblewrap,
  isolation: readonly string[],
  command: SandboxCommand,
  enforced: Enforced,
  inherited: readonly number[],
): string[] {
  const directory = dirname(program);
  const counted =
    enforced.processes !== undefined && hasPrlimit(command)
      ? ['/usr/bin/prlimit', `--nproc=${enforced.processes}`, '--']
      : [];
  const lent = (command.lent ?? []).map((_, index) => FIRST_LENT_FD + index);
  const given = new Set([OPTIONS_FD, STATUS_FD, ...lent]);
  return enter(
    {
      umask: '022',
      ulimits: [...FIXED_LIMITS, ...enforced.ulimits],
      cgroups: enforced.cgroup?.enter ?? [],
      close: inherited.filter((fd) => !given.has(fd)),
    },
    overlaid(command.mounts, directory, [
      ...prefix,
      `./${basename(program)}`,
      ...isolation,
      '--args',
      String(OPTIONS_FD),
      '--json-status-fd',
      String(STATUS_FD),
      '--',
      ...counted,
      ...command.argv,
    ]),
  );
}

/** The kernel counts processes per user namespace only when the limit is set inside. */
function hasPrlimit({ image }: SandboxCommand): boolean {
  const usr = image.mounts.find(({ target }) => target === '/usr')?.source;
  return usr !== undefined && existsSync(join(usr, 'bin/prlimit'));
}

function limitations(limits: Limits, features: Features): Diagnostic[] {
  const found = limitWarnings(limits, {
    memory: 'it counts for each process on its own, and temporary files do not count',
    // The kernel exempts processes of the machine's root, whatever they are called inside.
    processes: process.getuid?.() === 0 ? 'nothing limits the number of processes' : undefined,
  });
  if (limits.temporaryBytes !== undefined && !features.size) {
    found.push(
      notEnforced(
        'temporary files',
        'this bwrap has no --size, so half of the memory is the limit',
      ),
    );
  }
  return found;
}

/** What a command with network needs to find and to trust others; all of it the machine's own. */
const NETWORK_FILES = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/ssl/certs',
  '/etc/pki/tls',
  '/etc/pki/ca-trust/extracted',
  '/etc/crypto-policies',
];

function networkMounts(): Mount[] {
  return NETWORK_FILES.filter((path) => existsSync(path)).map((path) => ({
    source: realpathSync(path),
    target: path,
    writable: false,
  }));
}

/** Mounts into /etc need something to be mounted on; those below another one's target bring their own. */
function mountPoints(mounts: readonly Mount[]): { directories: string[]; files: string[] } {
  const directories = new Set<string>();
  const files = new Set<string>();
  for (const { source, target } of mounts) {
    const name = /^\/etc\/+(.*?)\/*$/.exec(target)?.[1];
    if (name === undefined || name === '') continue;
    const stat = statSync(source, { throwIfNoEntry: false });
    (stat?.isDirectory() === false ? files : directories).add(name);
  }
  return { directories: [...directories].sort(), files: [...files].sort() };
}
