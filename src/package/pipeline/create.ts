// From packages to tasks: `fetch → build → write_tar` for each, joined where one requires another. Knows
// nothing of how tasks are run, nor of what was asked for.
import { Collector, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import type { Files } from '../../base/stat/table.ts';
import type { Image } from '../../sandbox/port.ts';
import { dependenciesOf, type PackageInput, type Task } from '../../task/task.ts';
import type { Definition } from '../definition.ts';
import type { Locks } from '../lock.ts';
import type { Identities, Identity } from '../ids.ts';
import { spell } from '../variant.ts';
import { ARCHIVE, archiveTask } from './archive.ts';
import { buildTask, isExecutable, PACKAGE } from './build.ts';
import { fetchTask, type FetchSource } from './fetch.ts';
import type { Pipeline } from './pipeline.ts';

export interface PipelineOptions {
  readonly root: string;
  /** Whether builds may write to their sources, where the package does not say. */
  readonly srcWritable: boolean;
  /** The image that stands for the one a package names. */
  readonly imageOf: (docker: string) => Image;
  readonly fetchSource: FetchSource;
  /** Reads files and folders; what is known of them saves that. */
  readonly files: Files;
  readonly reproduce: (definition: Definition) => string;
  /** The tree, absolute. */
  readonly directory: string;
  readonly locks?: Locks | undefined;
  readonly onWarning: (diagnostic: Diagnostic) => void;
}

/** Makes the tasks of all packages that have an id. Errors are those of reading scripts and folders. */
export async function createPipelines(
  identities: Identities,
  options: PipelineOptions,
): Promise<Result<ReadonlyMap<Definition, Pipeline>>> {
  const out = new Collector();
  const pipelines = new Map<Definition, Pipeline>();
  const lock = (task: Task): Task => {
    const locked = options.locks?.get(task.name);
    return locked === undefined ? task : { ...task, locked };
  };
  // What is required comes before what requires it.
  for (const identity of identities.identities.values()) {
    const { definition } = identity;
    const requires = identities
      .buildClosure(definition)
      .map((required) => pipelines.get(required.definition));
    if (requires.includes(undefined)) continue;
    if (definition.module !== undefined) {
      const pipeline = out.take(
        (await import('../module/pipeline.ts')).modulePipeline({
          identity,
          module: definition.module,
          packages: requires.flatMap((one) => inputOf(one!, seenId(one!.identity))),
          root: options.root,
          directory: options.directory,
          image: options.imageOf(definition.module.image),
          digestOf: options.files.digest,
          isExecutable: (path) => isExecutable(options.files.mode(path)),
          fetchSource: options.fetchSource,
          reproduce: options.reproduce(definition),
          onWarning: options.onWarning,
          lock,
        }),
      );
      if (pipeline !== undefined) pipelines.set(definition, pipeline);
      continue;
    }
    const buildinfo = definition.buildinfo!;
    const single = buildinfo.sources.size === 1;
    const built = out.take(
      buildTask({
        identity,
        buildinfo,
        requires: requires.flatMap((one) => inputOf(one!, one!.identity.id)),
        sources: [...buildinfo.sources.values()].map((source) =>
          fetchTask(identity, source, options.fetchSource, {
            name: `${spell(definition)}:fetch${single ? '' : `.${source.name}`}`,
            output: 'source',
          }),
        ),
        root: options.root,
        srcWritable: buildinfo.srcWritable ?? options.srcWritable,
        files: options.files,
        image: options.imageOf(buildinfo.docker.name),
        reproduce: options.reproduce(definition),
      }),
    );
    if (built === undefined) continue;
    const build = lock(built);
    const archive = lock(archiveTask(identity, build));
    const fetched = dependenciesOf(build).filter(({ pool }) => pool === 'download');
    pipelines.set(definition, {
      identity,
      files: { task: build, output: PACKAGE },
      archives: [{ id: identity.id, name: definition.name, task: archive, output: ARCHIVE }],
      tasks: [...fetched, build, archive],
      deployed: [],
    });
  }
  return out.finish(pipelines);
}

/** The files of a required package under an id; nothing for a package that has none. */
function inputOf({ files }: Pipeline, id: string): PackageInput[] {
  return files === undefined ? [] : [{ id, ...files }];
}

/**
 * The id under which modules see a package that they require. Packages of buildinfo files know their own
 * and may lie nowhere else; of a module only its version can be seen, so that one that was built again to
 * the same files leaves those above it as they are.
 */
function seenId({ id, definition }: Identity): string {
  const { module } = definition;
  if (module === undefined) return id;
  const version = module.declaration.values.version ?? '0';
  return `${definition.name}--${version.replace(/[^A-Za-z0-9@_+:.]/g, '_')}`;
}
