// How a command's limits are kept on this machine: by a control group where one can be made, else by
// limits that each process carries, else not at all; and the words that say so.
import { warning, type Diagnostic } from '../base/diagnostic.ts';
import { findCgroups, makeCgroup, type Cgroup, type Cgroups } from './cgroup.ts';
import type { Limits } from './port.ts';

export interface Enforced {
  readonly cgroup: Cgroup | undefined;
  /** Arguments of the shell's ulimit that stand in for the group. */
  readonly ulimits: readonly string[];
  /** Processes allowed, where no group counts them. */
  readonly processes: number | undefined;
}

let cgroups: { readonly found: Cgroups | undefined } | undefined;

/** Looked for once in the life of this process. */
function machineCgroups(): Cgroups | undefined {
  cgroups ??= { found: findCgroups() };
  return cgroups.found;
}

/**
 * Prepares the limits of one command. The caller joins the group, and removes it afterwards.
 *
 * @param own processes of the sandbox itself that the group will hold beside those of the command.
 */
export function enforce(limits: Limits, own: number): Enforced {
  const { memoryBytes, processes } = limits;
  if (memoryBytes === undefined && processes === undefined) {
    return { cgroup: undefined, ulimits: [], processes: undefined };
  }
  const available = machineCgroups();
  const cgroup =
    available === undefined
      ? undefined
      : makeCgroup(available, {
          ...(memoryBytes === undefined ? {} : { memory: memoryBytes }),
          ...(processes === undefined ? {} : { pids: processes + own }),
        });
  const counts = cgroup === undefined ? {} : available!.parents;
  return {
    cgroup,
    ulimits:
      memoryBytes === undefined || counts.memory !== undefined
        ? []
        : [`-v ${Math.max(1, Math.floor(memoryBytes / 1024))}`],
    processes: counts.pids === undefined ? processes : undefined,
  };
}

/** A warning for each limit that no group keeps, in the words of what happens instead. */
export function limitWarnings(
  limits: Limits,
  without: { readonly memory: string; readonly processes: string | undefined },
): Diagnostic[] {
  if (limits.memoryBytes === undefined && limits.processes === undefined) return [];
  const counts = machineCgroups()?.parents ?? {};
  const found: Diagnostic[] = [];
  if (limits.memoryBytes !== undefined && counts.memory === undefined) {
    found.push(notEnforced('memory', without.memory));
  }
  if (
    limits.processes !== undefined &&
    counts.pids === undefined &&
    without.processes !== undefined
  ) {
    found.push(notEnforced('processes', without.processes));
  }
  return found;
}

/** The warning that a limit is not kept as it is meant. */
export function notEnforced(what: string, instead: string): Diagnostic {
  return warning({
    code: 'sandbox/limit-not-enforced',
    message: `the limit of ${what} is not kept as it is meant: ${instead}`,
    hint: 'it takes a control group that this user may make groups in (root, or a delegated one)',
  });
}
