// What goes into a package's id beside the text of its definition: the build script, the folder `extra`,
// the image, the commits of repositories. Knows nothing of how images and repositories are identified.
import { statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { definitionError, warning, type Collector, type Result } from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { toPlain } from '../base/json.ts';
import type { Place } from '../base/span.ts';
import { openStatTable, type Files } from '../base/stat/table.ts';
import type { Definition } from './definition.ts';
import { namePath } from './file.ts';
import { EMPTY_FOLDER, hashFolder } from './folder.ts';
import { hashText, type Sha1Hex } from './identity.ts';
import { placeOf } from './module/place.ts';
import { moduleFiles, type ModuleFiles } from './module/files.ts';
import type { Pin, Source } from './source.ts';
import type { Tree } from './tree.ts';

/** Where the inputs that no definition holds come from. */
export interface InputSources {
  /** What identifies the image that a package names. Asked once for each name. */
  readonly imageId: (name: string) => Result<string> | Promise<Result<string>>;
  /** The commit a repository is at. Asked once for each directory. */
  readonly gitHead: (directory: string) => Promise<Result<string>>;
  /** Reads files and folders; what is known of them saves that. */
  readonly files?: Files | undefined;
}

export interface PackageInputs {
  /** Of the build script's bytes. */
  readonly build: Sha1Hex;
  /** Of the folder `extra`; undefined when there is none. */
  readonly extra: Sha1Hex | undefined;
  /** What identifies the image. */
  readonly docker: string;
  /** Source → its pin. */
  readonly sources: ReadonlyMap<string, ResolvedPin>;
  /** Of a package that is a module: its files of the tree. */
  readonly files?: ModuleFiles | undefined;
}

export interface ResolvedPin {
  readonly key: Pin['key'];
  /** As written; a string wherever the definition is as it should be. */
  readonly value: unknown;
  readonly hash: Sha1Hex;
}

/**
 * The inputs of the definitions numbered; of those with an error in an input, none. Errors
 * `buildinfo/build-script`, `folder/*`, `fs/*`, and whatever the functions given report.
 */
export async function readInputs(
  { graph, cwd, directory }: Tree,
  nodes: readonly number[],
  from: InputSources,
  out: Collector,
): Promise<Map<number, PackageInputs>> {
  const images = once(from.imageId, out);
  const heads = once(from.gitHead, out);
  const files = from.files ?? openStatTable(undefined);
  const shown = (path: string): string => namePath(path, cwd).shown;
  const inputs = new Map<number, PackageInputs>();
  for (const node of nodes) {
    const definition = graph.definitions[node]!;
    const { module } = definition;
    const { sources } = module ?? definition.buildinfo!;
    const docker =
      module === undefined
        ? definition.buildinfo!.docker
        : { name: module.image, at: placeOf(module.declaration, 'image') };
    const image = await images(docker.name, docker.at);
    const pins = new Map<string, ResolvedPin>();
    for (const [name, source] of sources) {
      const pin = await pinOf(source, heads);
      if (pin !== undefined) pins.set(name, pin);
    }
    if (module !== undefined) {
      const own = out.take(moduleFiles(module.declaration, directory, files.digest));
      if (image === undefined || own === undefined || pins.size < sources.size) continue;
      const input = { build: NO_SCRIPT, extra: undefined, docker: image, sources: pins };
      inputs.set(node, { ...input, files: own });
      continue;
    }
    const build = hashScript(definition, files, shown, out);
    const before = out.diagnostics.length;
    const extra = definition.hasExtra ? hashExtra(definition, files, shown, out) : undefined;
    const intact = !out.diagnostics.slice(before).some(({ severity }) => severity === 'error');
    if (image === undefined || build === undefined || pins.size < sources.size || !intact) continue;
    inputs.set(node, { build, extra, docker: image, sources: pins });
  }
  return inputs;
}

const NO_SCRIPT = hashText('');

type Ask = (question: string, at: Place) => Promise<string | undefined>;

/** Asks each question once; a failure is reported where it was first asked, unless it has a place. */
function once(
  ask: (question: string) => Result<string> | Promise<Result<string>>,
  out: Collector,
): Ask {
  const answers = new Map<string, string | undefined>();
  return async (question, at) => {
    if (answers.has(question)) return answers.get(question);
    const result = await ask(question);
    if (!result.ok) for (const one of result.diagnostics) out.add({ ...one, at: one.at ?? at });
    const answer = result.ok ? result.value : undefined;
    answers.set(question, answer);
    return answer;
  };
}

async function pinOf(source: Source, head: Ask): Promise<ResolvedPin | undefined> {
  if (source.kind !== 'git_local') {
    const { key, value, hash } = source.pin;
    return { key, value: toPlain(value), hash };
  }
  const commit = await head(source.directory, source.at);
  return commit === undefined
    ? undefined
    : { key: 'commit', value: commit, hash: hashText(commit) };
}

function hashScript(
  { buildinfo }: Definition,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): Sha1Hex | undefined {
  const { path, name, at } = buildinfo!.buildScript;
  try {
    return files.sha1(path) as Sha1Hex;
  } catch (error) {
    const reason = {
      ENOENT: 'does not exist',
      ENOTDIR: 'does not exist',
      EISDIR: 'is a folder',
      EINVAL: 'is not a regular file',
      ELOOP: 'is a link that leads back to itself',
    }[errnoOf(error) ?? ''];
    out.add(
      reason === undefined
        ? { ...systemError('read', error, shown(path)), at }
        : definitionError({
            code: 'buildinfo/build-script',
            message: `the build script ${name} ${reason}`,
            at,
            hint: `it belongs at ${shown(path)}`,
          }),
    );
  }
}

/** The format counts whatever `extra` leads to: nothing for a broken link, an empty folder for a file. */
function hashExtra(
  { directory }: Definition,
  files: Files,
  shown: (path: string) => string,
  out: Collector,
): Sha1Hex | undefined {
  const path = join(directory, 'extra');
  const warn = (message: string): void =>
    out.add(warning({ code: 'buildinfo/extra', message, at: { file: shown(path) } }));
  let kind: Stats | undefined;
  try {
    const hash = hashFolder(path, files, shown, out);
    if (hash !== EMPTY_FOLDER) return hash;
    kind = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A loop of links, or a folder that may not be entered, which has been reported.
    if (errnoOf(error) === undefined) throw error;
  }
  if (kind === undefined) warn('the link leads nowhere; it is as if there were no extra');
  else if (!kind.isDirectory()) warn('extra is not a folder; its content does not count');
  return kind && EMPTY_FOLDER;
}
