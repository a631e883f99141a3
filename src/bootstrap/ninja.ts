// Ninja as the machine has it: which program, which version, and how it is told that duplicate outputs are errors.
import { spawn, spawnSync } from 'node:child_process';
import { environmentError, failed, ok, type Result } from '../base/diagnostic.ts';

export interface Ninja {
  readonly program: string;
  /** What goes in front of all other arguments. */
  readonly flags: readonly string[];
}

/** What Ninja says that did nothing. */
const IDLE = 'ninja: no work to do.';

/** What a run says that did nothing. */
export const NOTHING_TO_DO = 'nothing to do';

/**
 * Finds Ninja: `NINJA` of the environment, or `ninja` in the path. Errors `ninja/missing` where it cannot be
 * run, `ninja/version` where it is no Ninja.
 */
export function findNinja(env: NodeJS.ProcessEnv): Result<Ninja> {
  const program = env['NINJA'] || 'ninja';
  const { status, stdout, error } = spawnSync(program, ['--version'], { env, encoding: 'utf8' });
  if (error !== undefined || status === 127) {
    return failed(
      environmentError({
        code: 'ninja/missing',
        message: `cannot run ${program}: ${error === undefined ? 'no such program' : error.message}`,
        hint:
          env['NINJA'] === undefined
            ? 'install Ninja (Debian: ninja-build), or set NINJA to its path'
            : 'NINJA is set in the environment: let it name a Ninja, or unset it',
      }),
    );
  }
  const version = /^(\d+)\.(\d+)/.exec(stdout);
  if (status !== 0 || version === null) {
    return failed(
      environmentError({
        code: 'ninja/version',
        message: `${program} does not say which version of Ninja it is (status ${status})`,
        hint: 'let NINJA name a Ninja, or unset it',
      }),
    );
  }
  return ok({ program, flags: duplicateFlags(Number(version[1]), Number(version[2])) });
}

/**
 * Up to 1.8 a duplicate output is only warned of, unless the flag says otherwise. From 1.12 on it is always an
 * error: 1.12 does not know the flag any more, and later ones ignore it with a warning.
 */
export function duplicateFlags(major: number, minor: number): readonly string[] {
  return major > 1 || minor >= 12 ? [] : ['-w', 'dupbuild=err'];
}

/**
 * Runs Ninja on the terminal of this process, if it has one; else what it prints is printed, in our words where
 * there was nothing to do. Resolves to its exit status; signals count as failures.
 */
export function runNinja(
  ninja: Ninja,
  argv: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal?: AbortSignal;
    readonly print: (line: string) => void;
    /** Others say how much there was to do: on a terminal Ninja would say it itself. */
    readonly silentWhenIdle?: boolean;
  },
): Promise<number> {
  const terminal = process.stdout.isTTY;
  if (terminal && options.silentWhenIdle === true && isIdle(ninja, argv, options)) {
    return Promise.resolve(0);
  }
  return new Promise((done) => {
    const child = spawn(ninja.program, [...ninja.flags, ...argv], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', terminal ? 'inherit' : 'pipe', 'inherit'],
    });
    let rest = '';
    const line = (text: string): void => options.print(text === IDLE ? NOTHING_TO_DO : text);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      lines.forEach(line);
    });
    // Ninja is in our process group: a terminal interrupts it as well. Whoever signals us alone does not.
    const stop = (): void => void child.kill('SIGINT');
    options.signal?.addEventListener('abort', stop);
    child.on('error', () => done(127));
    child.on('close', (status) => {
      options.signal?.removeEventListener('abort', stop);
      if (rest !== '') line(rest);
      done(status ?? 130);
    });
  });
}

/** Costs a second look at all files, which is little beside tasks. Of much work no more is read than that there is some. */
function isIdle(
  { program, flags }: Ninja,
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): boolean {
  const { stdout } = spawnSync(program, [...flags, ...argv, '-n'], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 16,
  });
  return stdout?.trim() === IDLE;
}
