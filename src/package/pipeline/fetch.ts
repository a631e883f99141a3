// The task that gets one source of a package: a built-in step, pinned, with the network. Its key holds the
// pin and not the place, so that a source that moved is not fetched again.
import { copyFileSync, linkSync, rmdirSync } from 'node:fs';
import { posix } from 'node:path';
import { ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { errnoOf } from '../../base/fs.ts';
import type { Place } from '../../base/span.ts';
import type { Input, StepContext, Task } from '../../task/task.ts';
import type { Fetched } from '../fetch/source.ts';
import { sourceName } from '../fetch/url.ts';
import type { Identity } from '../ids.ts';
import type { Source } from '../source.ts';

/** Gets a source; lent by whoever knows the mirrors, the cache and whether the network may be used. */
export type FetchSource = (
  source: Source,
  context: {
    readonly packageDirectory: string;
    readonly destination: string;
    readonly at: Place;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number | undefined) => void;
    readonly onWarning: (diagnostic: Diagnostic) => void;
  },
) => Promise<Result<Fetched>>;

export interface FetchTask {
  /** The source's name: its folder below the sources. */
  readonly name: string;
  readonly task: Task;
  /** How a build takes it in, given the source's folder inside. */
  input(at: string): Input;
}

/** Makes the task for one source of a package. */
export function fetchTask(
  identity: Identity,
  source: Source,
  fetchSource: FetchSource,
  named: {
    readonly name: string;
    readonly output: string;
    /** Where a member of the source is set; the whole source where that is not known. */
    readonly placeOf?: (member: string) => Place | undefined;
  },
): FetchTask {
  const { definition, inputs } = identity;
  const isFile = source.kind === 'url' || source.kind === 'url_extract';
  const at = isFile ? '/out/file' : '/out/tree';
  const pin = inputs.sources.get(source.name)!;
  const pinned = named.placeOf?.(memberOf(pin.key)) ?? source.at;
  const task: Task = {
    name: named.name,
    work: {
      kind: 'step',
      name: 'fetch',
      version: 1,
      parameters: { kind: isFile ? 'file' : 'git', [pin.key]: String(pin.value) },
      run: (context) => fetchInto(context, at, source, definition.directory, fetchSource),
    },
    variables: {},
    volatile: {},
    directories: [{ at: '/out', writable: true }],
    inputs: [],
    outputs: { [named.output]: { at, kind: isFile ? 'file' : 'tree' } },
    shared: true,
    network: true,
    pool: 'download',
    limits: {},
    origins: new Map([[`parameters.${pin.key}`, pinned]]),
  };
  return {
    name: source.name,
    task,
    input: (into) => {
      if (source.kind === 'url_extract') {
        return {
          kind: 'archive',
          at: into,
          task,
          output: named.output,
          name: fileName(source.url),
        };
      }
      const place = source.kind === 'url' ? posix.join(into, fileName(source.url)) : into;
      return { kind: 'output', at: place, task, output: named.output };
    },
  };
}

/** What a definition calls a pin. */
function memberOf(key: string): string {
  return key === 'commit' ? 'ref' : key.replace('downloaded_', '');
}

/** The name a download has upstream. One that has none fails when it is fetched, with the reason. */
function fileName(url: string): string {
  const name = sourceName(url);
  return name.ok ? name.value : 'download';
}

async function fetchInto(
  context: StepContext,
  at: string,
  source: Source,
  packageDirectory: string,
  fetchSource: FetchSource,
): Promise<Result<void>> {
  const destination = context.locate(at);
  // The engine makes a tree's directory; git wants to make it itself.
  if (source.kind === 'git' || source.kind === 'git_local') rmdirSync(destination);
  const fetched = await fetchSource(source, {
    packageDirectory,
    destination,
    at: source.at,
    signal: context.signal,
    onProgress: context.progress,
    onWarning: (diagnostic) => context.log(`warning: ${diagnostic.message}\n`),
  });
  if (!fetched.ok) return fetched;
  if (fetched.value.kind === 'file') linkFile(fetched.value.path, destination);
  return ok(undefined);
}

function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV' && errnoOf(error) !== 'EMLINK') throw error;
    copyFileSync(from, to);
  }
}
