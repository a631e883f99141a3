// Whether bubblewrap works here and what this version of it can do, found by running it; and, when it
// does not work, what to install or to switch on.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { environmentError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import { run } from '../base/process.ts';
import { bubblewrapOptions, type Features } from './arguments.ts';
import { etcDirectory } from './etc.ts';
import { hostRoot } from './image.ts';

export interface Bubblewrap {
  readonly program: string;
  readonly features: Features;
  /** Words before bwrap on the command line; empty where addresses cannot be fixed. */
  readonly prefix: readonly string[];
}

const PROBE_MS = 20_000;

/**
 * Tries bubblewrap with all it should do, and then with less where the machine forbids the one or the
 * other. Fails with `sandbox/no-bubblewrap`, `sandbox/no-user-namespaces` or `sandbox/unavailable`.
 *
 * @param directory where Ashlar may keep the /etc of sandboxes.
 * @param searchPath directories to look for bwrap in, as in PATH.
 */
export async function probeBubblewrap(
  directory: string,
  searchPath: string,
): Promise<Result<Bubblewrap>> {
  const program = findProgram('bwrap', searchPath);
  if (program === undefined) return failed(NO_BUBBLEWRAP);
  const etc = etcDirectory(directory, { directories: ['alternatives'], files: [] });
  if (!etc.ok) return etc;
  const help = await run(program, ['--help'], { env: {}, timeoutMs: PROBE_MS });
  const setarch = findProgram('setarch', searchPath);
  let message = '';
  for (const features of lesser({
    size: help.stdout.includes('--size '),
    disableUserns: help.stdout.includes('--disable-userns '),
    fixedAddresses: setarch !== undefined,
  })) {
    const prefix = features.fixedAddresses ? [setarch!, machine(), '-R'] : [];
    const { isolation, view } = bubblewrapOptions(TRIAL, features, etc.value, []);
    const [first, ...rest] = [...prefix, program, ...isolation, ...view, '--', ...TRIAL.argv];
    const tried = await run(first!, rest, {
      cwd: '/',
      env: {},
      timeoutMs: PROBE_MS,
    });
    if (tried.status === 0) return ok({ program, features, prefix });
    if (message === '') message = tried.stderr.trim() || `it ended with status ${tried.status}`;
  }
  return failed(explainFailure(message, readSetting));
}

/** /usr/bin/true with nothing but the machine's own programs. */
const TRIAL = {
  argv: ['true'],
  env: { PATH: '/usr/bin:/bin' },
  workdir: '/',
  mounts: [],
  image: { name: 'host', identity: '', impure: true, ...hostRoot('/') },
  network: false,
  limits: {},
  onOutput: () => undefined,
};

/** Feature sets to try, from all to few. Containers often forbid one or both of these two. */
function lesser(all: Features): Features[] {
  const sets = [all];
  if (all.fixedAddresses) sets.push({ ...all, fixedAddresses: false });
  if (all.disableUserns) sets.push({ ...all, disableUserns: false });
  if (all.fixedAddresses && all.disableUserns) {
    sets.push({ ...all, fixedAddresses: false, disableUserns: false });
  }
  return sets;
}

const NO_BUBBLEWRAP: Diagnostic = environmentError({
  code: 'sandbox/no-bubblewrap',
  message: 'the program bwrap, which makes the sandboxes, is not installed',
  hint: 'install the Debian package bubblewrap (apt-get install bubblewrap), or build with --sandbox host',
});

/** Settings that keep users from making user namespaces: file → the value that does, and the remedy. */
const SETTINGS = [
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=1'],
  ['/proc/sys/user/max_user_namespaces', '0', 'user.max_user_namespaces=15000'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'kernel.apparmor_restrict_unprivileged_userns=0',
  ],
] as const;

/**
 * The cause and the remedy of a failed trial.
 *
 * @param message what bwrap said.
 * @param setting content of a file of /proc, or undefined when there is none.
 */
export function explainFailure(
  message: string,
  setting: (path: string) => string | undefined,
): Diagnostic {
  const said = message.replace(/^bwrap: /, '');
  const namespaces = /namespace|uid map|gid map|RTM_NEWADDR|setgroups/i.test(said);
  if (namespaces && setting('/proc/self/uid_map') === undefined) {
    return noNamespaces(
      said,
      'this kernel was built without user namespaces; another one is needed',
    );
  }
  const off = SETTINGS.filter(([path, value]) => setting(path)?.trim() === value);
  if (namespaces && off.length > 0) {
    const remedies = off.map(([, , remedy]) => `sysctl -w ${remedy}`).join(' && ');
    return noNamespaces(said, `as root, run: ${remedies}`);
  }
  if (namespaces) {
    return noNamespaces(
      said,
      'in a container, start it with --privileged or with --security-opt seccomp=unconfined',
    );
  }
  return environmentError({
    code: 'sandbox/unavailable',
    message: `bubblewrap does not work here: ${said}`,
    hint: otherRemedy(said),
  });
}

function otherRemedy(said: string): string {
  if (/unknown option/i.test(said)) return 'install bubblewrap 0.5 or later';
  if (/mount/i.test(said)) {
    return 'in a container, start it with --privileged, so that file systems can be mounted';
  }
  return 'build with --sandbox host to do without';
}

function noNamespaces(said: string, hint: string): Diagnostic {
  return environmentError({
    code: 'sandbox/no-user-namespaces',
    message: `bubblewrap may not make user namespaces here: ${said}`,
    hint,
  });
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const USUAL_PLACES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** The path of a program, looked for as a shell does and then in the usual places. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const directories = searchPath.split(':').filter((directory) => directory.startsWith('/'));
  return [...directories, ...USUAL_PLACES]
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path) && statSync(path).isFile() && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
