// Directories over directories, by overlay mounts in a mount namespace that ends with its processes: no
// mount is ever left behind. Names in the mount options are relative and short, so they fit however deep
// the layers lie, and tell a command nothing about the machine. Knows nothing of bubblewrap.
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { errnoOf, removeTree, systemError } from '../base/fs.ts';
import { run } from '../base/process.ts';
import type { Mount, Over } from './port.ts';

/** Newer mount(8) hands options over one by one, each of at most 255 bytes, unless told not to. */
const MOUNT = 'LIBMOUNT_FORCE_MOUNT2=always mount -n -t overlay overlay';

/** The same marks in the upper directory for root and for others, so that both see the same. */
const OPTIONS = 'userxattr';

/** More layers than the kernel's page of options or its own limit takes. */
export const MAX_LAYERS = 400;

const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Words that run a command in a mount namespace of its own, as root is or as a user may. */
function privately(): readonly string[] {
  const mapped = process.getuid?.() === 0 ? [] : ['-U', '-r'];
  return ['unshare', ...mapped, '-m', '--'];
}

/** Where the mount appears, to be used inside the namespace only. */
export function mountPoint({ scratch }: Over): string {
  return join(scratch, 'm');
}

/** Makes the names that the options mention. Throws node's own errors. */
function prepare(upper: string | undefined, below: readonly string[], scratch: string): void {
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  mkdirSync(join(scratch, 'm'));
  if (upper !== undefined) {
    mkdirSync(join(scratch, 'w'));
    symlinkSync(upper, join(scratch, 'u'));
  }
  for (const [index, path] of below.entries()) symlinkSync(path, join(scratch, `l${index}`));
}

function options(upper: boolean, below: number): string {
  const lower = Array.from({ length: below }, (_, index) => `l${index}`).join(':');
  return `lowerdir=${lower},${upper ? 'upperdir=u,workdir=w,' : ''}${OPTIONS}`;
}

/** To be called once before `overlaid` for the same mounts is run. Throws node's own errors. */
export function prepareOverlays(mounts: readonly Mount[]): void {
  for (const { source, over } of mounts) {
    if (over !== undefined) prepare(source, over.below, over.scratch);
  }
}

/** The argument vector that mounts what lies over others and becomes the command, in the directory `cwd`. */
export function overlaid(mounts: readonly Mount[], cwd: string, argv: readonly string[]): string[] {
  const lines = mounts.flatMap(({ over }) =>
    over === undefined
      ? []
      : [
          `cd ${quote(over.scratch)} && ${MOUNT} -o ${options(true, over.below.length)} m || exit 126`,
        ],
  );
  if (lines.length === 0) return [...argv];
  lines.push(`cd ${quote(cwd)} || exit 126`, 'unset PWD OLDPWD SHLVL', 'exec "$@"');
  return [...privately(), '/bin/sh', '-c', lines.join('\n'), 'sh', ...argv];
}

const tried = new Map<string, Promise<boolean>>();

/** Whether overlays work on the file system of a directory, found by trying it there, once. */
export function overlaysWork(directory: string): Promise<boolean> {
  let answer = tried.get(directory);
  if (answer === undefined) {
    answer = tryOverlay(directory);
    tried.set(directory, answer);
  }
  return answer;
}

/** Writes over, removes and replaces what lies below, and looks at what came of it. */
async function tryOverlay(directory: string): Promise<boolean> {
  let place: string | undefined;
  try {
    place = mkdtempSync(join(directory, 'overlay-'));
    for (const name of ['below', 'below/d', 'upper']) mkdirSync(join(place, name));
    writeFileSync(join(place, 'below/d/old'), 'old');
    writeFileSync(join(place, 'below/f'), 'old');
    const source = join(place, 'upper');
    const below = [join(place, 'below')];
    const over = { below, scratch: join(place, 'scratch') };
    const script = 'cd m && rm -r d && mkdir d && : >d/new && mv f g && test -e d/new -a ! -e f';
    const argv = ['/bin/sh', '-c', script];
    const mounts = [{ source, target: '/', writable: true, over }];
    prepareOverlays(mounts);
    const mounted = overlaid(mounts, over.scratch, argv);
    const ran = await run(mounted[0]!, mounted.slice(1), { env: ENV, cwd: '/', timeoutMs: 20_000 });
    if (ran.status !== 0) return false;
    const seen = await inspect([source, ...below], join(place, 'again'), []);
    const names = seen.ok ? seen.value.map(({ path }) => path).sort() : [];
    if (names.join(' ') !== 'd d/new g') return false;
    return readFileSync(join(place, 'below/f'), 'utf8') === 'old';
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    if (place !== undefined) removeTree(place);
  }
}

/** What find(1) prints for each entry: kind, permissions and path, and a link's target. */
const FORMAT = '%y %m %P\\0%l\\0';
/** Bytes of listing that are read: some millions of entries. */
const MAX_LISTING = 2 ** 29 - 2 ** 20;

export interface Copy {
  /** Path inside, without a slash at its start; empty for the whole tree. */
  readonly from: string;
  /** An existing directory gets the directory's content; what does not exist becomes the copy. */
  readonly to: string;
}

export interface MergedEntry {
  /** Bytes of the path inside, one per character. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'pipe' | 'socket' | 'device';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a link's target, one per character. */
  readonly target: string;
}

/**
 * Looks at directories, topmost first, as one tree, and copies parts of it with all attributes. `scratch`
 * is as for `Over`. The listing has every entry, in no order, the root excepted. One layer needs no mount.
 */
export async function inspect(
  layers: readonly string[],
  scratch: string,
  copies: readonly Copy[],
): Promise<Result<readonly MergedEntry[]>> {
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const listing = join(scratch, 'listing');
  const tree = layers.length === 1 ? quote(layers[0]!) : 'm';
  const lines = ['set -e', `cd ${quote(scratch)}`];
  if (layers.length > 1) {
    prepare(undefined, layers, scratch);
    lines.push(`${MOUNT} -o ${options(false, layers.length)} m`);
  }
  lines.push(`find ${tree} -mindepth 1 -printf ${quote(FORMAT)} >listing`);
  for (const { from, to } of copies) {
    const source = from === '' ? tree : `${tree}/${quote(from)}`;
    // What is not there is nobody's copy. -T: onto the name itself, whether it is there or not.
    lines.push(`if [ -e ${source} ]; then cp -a -T -- ${source} ${quote(to)}; fi`);
  }
  const argv = [...(layers.length > 1 ? privately() : []), '/bin/sh', '-c', lines.join('\n')];
  const ran = await run(argv[0]!, argv.slice(1), { env: ENV, cwd: '/' });
  if (ran.status !== 0) {
    const full = noSpace(ran.stderr);
    if (full !== undefined)
      return failed(systemError('look at a tree in layers by way of', full, scratch));
    return failed(
      environmentError({
        code: 'sandbox/overlay',
        message: `cannot look at a tree in layers: ${ran.startError ?? ran.stderr.trim()}`,
        hint: 'find, cp, mount and unshare of a Linux system are needed for it',
      }),
    );
  }
  return ok(parseListing(readFileSync(listing)));
}

/** What programs that ran out of space say, as the error that node would have had. */
function noSpace(said: string): NodeJS.ErrnoException | undefined {
  if (said.includes('No space left on device')) return failure('ENOSPC');
  return said.includes('Disk quota exceeded') ? failure('EDQUOT') : undefined;
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

function parseListing(bytes: Buffer): MergedEntry[] {
  if (bytes.length > MAX_LISTING) throw new Error('the listing of a layer is too long');
  const fields = bytes.toString('latin1').split('\0');
  const entries: MergedEntry[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const head = fields[i]!;
    const space = head.indexOf(' ', 2);
    entries.push({
      path: head.slice(space + 1),
      kind: KINDS[head[0]!] ?? 'device',
      mode: Number.parseInt(head.slice(2, space), 8),
      target: fields[i + 1]!,
    });
  }
  return entries;
}

const KINDS: Readonly<Record<string, MergedEntry['kind']>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'pipe',
  s: 'socket',
};

/** A word for the shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
