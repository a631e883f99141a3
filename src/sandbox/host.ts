// No isolation: commands run on the machine itself, and see and may change all of it. Only used when
// asked for by name. Made to be cheap: one spawn per command and nothing else, unless limits ask for a
// shell in between.
import { existsSync } from 'node:fs';
import { environmentError, type Diagnostic } from '../base/diagnostic.ts';
import { checkCommand } from './check.ts';
import { enter } from './entry.ts';
import { enforce, limitWarnings, notEnforced } from './limits.ts';
import { PipePool } from './pipe.ts';
import type { Sandbox, SandboxCommand, SandboxExit } from './port.ts';
import { sendSignal, supervise, unstartable, type Outcome } from './supervise.ts';
import { translator } from './translate.ts';

export interface HostOptions {
  /** Where names of pipes exist for a moment; made when it is missing. */
  readonly directory: string;
  /** After SIGTERM, how long a command may take to end before SIGKILL. 2,000 unless given. */
  readonly graceMs?: number;
}

/**
 * The machine itself as a sandbox. Mount targets do not exist: paths under them in the arguments, the
 * environment and the working directory become the paths they stand for (see `translator`; the working
 * directory alone where a command is `located`), and nothing is read-only. Processes that leave the command's group are ended as long as they hold its output; a
 * daemon that closed its output as well is out of reach.
 */
export function host({ directory, graceMs = 2_000 }: HostOptions): Sandbox {
  const pool = new PipePool(directory);
  return {
    name: 'host',
    hermetic: false,
    unavailable: () => Promise.resolve(undefined),
    limitations(limits) {
      const found = limitWarnings(limits, {
        memory: 'it counts for each process on its own',
        processes: 'nothing limits the number of processes',
      });
      if (limits.temporaryBytes !== undefined) {
        found.push(notEnforced('temporary files', 'commands use the /tmp of the machine'));
      }
      return Promise.resolve(found);
    },
    async run(command) {
      const wrong = checkCommand(command);
      if (wrong !== undefined) return { kind: 'broken', diagnostic: wrong };
      const translated = translate(command);
      const { memoryBytes, processes, timeoutMs } = command.limits;
      const limited = memoryBytes !== undefined || processes !== undefined;
      const enforced = limited ? enforce(command.limits, 0) : undefined;
      try {
        const outcome = await supervise(pool, {
          ...translated,
          argv:
            enforced === undefined
              ? translated.argv
              : enter(
                  { ulimits: enforced.ulimits, cgroups: enforced.cgroup?.enter ?? [] },
                  translated.argv,
                ),
          lent: command.lent,
          onOutput: command.onOutput,
          timeoutMs,
          signal: command.signal,
          graceMs,
          kill: (pid, signal) => void sendSignal(-pid, signal),
          // What it left behind in its group must not outlive it.
          exited: (pid) => void sendSignal(-pid, 'SIGKILL'),
        });
        return exitOf(outcome, translated, enforced?.cgroup?.outOfMemory() === true);
      } finally {
        if (enforced?.cgroup !== undefined) await enforced.cgroup.remove();
      }
    },
    commandLine(command) {
      const { argv, env, cwd } = translate(command);
      const assignments = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      return ['env', '-i', '-C', cwd, ...assignments, ...argv];
    },
  };
}

interface Translated {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The command in this machine's own paths. */
function translate(command: SandboxCommand): Translated {
  const { item, words } = translator(command.mounts);
  const cwd = item(command.workdir);
  if (command.located === true) return { argv: command.argv, env: command.env, cwd };
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(command.env)) env[key] = words(value);
  return { argv: command.argv.map(item), env, cwd };
}

function exitOf(outcome: Outcome, { argv, cwd }: Translated, outOfMemory: boolean): SandboxExit {
  if (outcome.kind === 'unstartable') {
    return { kind: 'broken', diagnostic: explain(outcome.errno, argv[0]!, cwd) };
  }
  if (outcome.kind !== 'exited' || !outOfMemory) return outcome;
  return { ...outcome, outOfMemory: true };
}

function explain(errno: string, program: string, cwd: string): Diagnostic {
  if (errno !== 'ENOENT') return unstartable(`"${program}"`, errno);
  if (!existsSync(cwd)) {
    return environmentError({
      code: 'sandbox/setup-failed',
      message: `the working directory ${cwd} does not exist`,
    });
  }
  return environmentError({
    code: 'sandbox/no-such-command',
    message: `there is no program "${program}" on this machine`,
    hint: 'it is looked for in the PATH of the command; a script also needs its interpreter',
  });
}
