// From packages to tasks: `fetch → build → write_tar` for each, joined where one requires another. Knows
// nothing of how tasks are run, nor of what was asked for.
import { Collector, type Result } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { Image } from '../../sandbox/port.ts';
import type { Task } from '../../task/task.ts';
import type { Definition } from '../definition.ts';
import type { Identities, Identity } from '../ids.ts';
import { archiveTask } from './archive.ts';
import { buildTask } from './build.ts';
import { fetchTask, type FetchSource } from './fetch.ts';

/** The tasks of one package. */
export interface Pipeline {
  readonly identity: Identity;
  readonly build: Task;
  readonly archive: Task;
}

export interface PipelineOptions {
  readonly root: string;
  /** Whether builds may write to their sources, where the package does not say. */
  readonly srcWritable: boolean;
  /** The image that stands for the one a package names. */
  readonly imageOf: (docker: string) => Image;
  readonly fetchSource: FetchSource;
  /** Digest of a file; a table of known ones saves reading what has not changed. */
  readonly digestOf: (path: string) => Digest;
  readonly reproduce: (definition: Definition) => string;
}

/** Makes the tasks of all packages that have an id. Errors are those of reading scripts and folders. */
export function createPipelines(
  identities: Identities,
  options: PipelineOptions,
): Result<ReadonlyMap<Definition, Pipeline>> {
  const out = new Collector();
  const pipelines = new Map<Definition, Pipeline>();
  // What is required comes before what requires it.
  for (const identity of identities.identities.values()) {
    const { definition } = identity;
    const buildinfo = definition.buildinfo!;
    const requires = identities
      .closure(definition)
      .map((required) => pipelines.get(required.definition));
    if (requires.includes(undefined)) continue;
    const build = out.take(
      buildTask({
        identity,
        buildinfo,
        requires: requires.map((required) => ({
          id: required!.identity.id,
          build: required!.build,
        })),
        sources: [...buildinfo.sources.values()].map((source) =>
          fetchTask(identity, source, options.fetchSource),
        ),
        root: options.root,
        srcWritable: buildinfo.srcWritable ?? options.srcWritable,
        digestOf: options.digestOf,
        image: options.imageOf(buildinfo.docker.name),
        reproduce: options.reproduce(definition),
      }),
    );
    if (build === undefined) continue;
    pipelines.set(definition, { identity, build, archive: archiveTask(identity, build) });
  }
  return out.finish(pipelines);
}
