// Makes a manifest from a tree, or brings it up to date: with nothing changed, nothing is analysed; with
// little changed, little. Beside the manifest come its dependency file and the state for the next run.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { canonicalJson, digestOf, type Canonical } from '../../base/digest.ts';
import { systemError, writeIfChanged } from '../../base/fs.ts';
import { diskFiles, type FileSystem } from '../glob/filesystem.ts';
import type { Logic } from '../module/logic.ts';
import { formatDepfile } from '../ninja/depfile.ts';
import { findChanges } from './change.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { analysePart } from './partial.ts';
import { finishPart, finishWhole } from './finish.ts';
import { Stamper } from './record.ts';
import { sameStamp } from './stamp.ts';
import { readState, writeState, type State } from './state.ts';

export interface GenerateOptions extends Omit<EngineOptions, 'files' | 'list'> {
  /** The source root: paths in files and in the manifest are relative to it. */
  readonly source: string;
  /** The manifest, relative to the source root or absolute. */
  readonly output: string;
  /** A file with the paths of all Blueprints files, one per line, relative to the source root. */
  readonly listFile?: string | undefined;
  readonly logic: readonly Logic[];
  /** Changes whenever the build logic, or anything it depends on, does. */
  readonly logicVersion: string;
  /** Must be JSON: results are kept for as long as it stays the same. */
  readonly config?: Canonical;
  /** Do not use what an earlier run left. */
  readonly fresh?: boolean;
}

export interface Generated {
  /** `nothing` was analysed, a `part`, or the `whole` tree. */
  readonly analysed: 'nothing' | 'part' | 'whole';
  /** Why it was the whole tree. */
  readonly reason?: string | undefined;
  /** Whether the manifest is another now. */
  readonly changed: boolean;
  readonly modules: number;
  /** Modules that were analysed. */
  readonly analysedModules: number;
  readonly warnings: readonly Diagnostic[];
}

/** Files beside the manifest. */
export function companions(output: string): { state: string; depfile: string } {
  const directory = join(dirname(output), '.ashlar');
  const name = output.slice(output.lastIndexOf('/') + 1);
  return { state: join(directory, `${name}.state`), depfile: `${output}.d` };
}

/** Generates. Error codes: those of all phases, `list/…` and `fs/…`. Nothing is written on errors. */
export function generate(options: GenerateOptions): Result<Generated> {
  try {
    return new Generation(options).run();
  } catch (error) {
    return failed(systemError('generate', error));
  }
}

class Generation {
  readonly #options: GenerateOptions;
  readonly #files: FileSystem;
  readonly #output: string;
  readonly #key: string;
  readonly #takenAt = Date.now();

  constructor(options: GenerateOptions) {
    const { source, output, root, listFile, logicVersion, config, dialect } = options;
    this.#options = options;
    this.#files = diskFiles(source);
    this.#output = output.startsWith('/') ? output : join(source, output);
    this.#key = digestOf(
      canonicalJson({
        logicVersion,
        root,
        listFile,
        dialect,
        config: config ?? null,
        missing: options.allowMissingDependencies,
        unknown: options.ignoreUnknownModuleTypes,
        node: process.versions.v8,
      }),
    ).hash;
  }

  run(): Result<Generated> {
    const { source, fresh = false } = this.#options;
    const path = companions(this.#output).state;
    const state = fresh ? undefined : readState(path, this.#key);
    if (state === undefined) return this.#whole('there is nothing to start from');
    if (!sameStamp(state.manifest.stamp, new Stamper(source).of(this.#output))) {
      return this.#whole('the manifest is not the one that was generated');
    }
    const changes = findChanges(state, this.#files, source);
    if (changes.everything !== undefined) return this.#whole(changes.everything);
    if (changes.files.size === 0 && changes.modules.size === 0) return ok(nothing(state));
    const engineOptions = this.#engineOptions();
    if (!engineOptions.ok) return engineOptions;
    const part = analysePart(state, changes, engineOptions.value, this.#options.logic);
    if ('whole' in part) return this.#whole(part.whole);
    const stamper = new Stamper(source, changes.stamps);
    const finished = finishPart(state, part, this.#target(stamper));
    return this.#done(finished.state, finished.changed, part.groups.length);
  }

  #whole(reason: string): Result<Generated> {
    const options = this.#engineOptions();
    if (!options.ok) return options;
    const engine = new Engine(options.value, ...this.#options.logic);
    const warnings: Diagnostic[] = [];
    for (const phase of ['parse', 'resolve', 'prepare'] as const) {
      const diagnostics = engine[phase]();
      if (diagnostics.some(({ severity }) => severity === 'error')) return failed(...diagnostics);
      warnings.push(...diagnostics);
    }
    const { listFile, source } = this.#options;
    const { observations } = engine.graph;
    const shared = [...engine.packageFiles, ...(listFile === undefined ? [] : [listFile])];
    observations.addFiles(shared);
    observations.share(shared);
    const finished = finishWhole(engine, this.#target(new Stamper(source)));
    const { length } = finished.state.modules.name;
    const result = this.#done(finished.state, finished.changed, length);
    return result.ok ? ok({ ...result.value, analysed: 'whole', reason, warnings }) : result;
  }

  #target(stamper: Stamper): Parameters<typeof finishWhole>[1] {
    mkdirSync(dirname(companions(this.#output).state), { recursive: true });
    return {
      output: this.#output,
      key: this.#key,
      takenAt: this.#takenAt,
      files: this.#files,
      stamper,
    };
  }

  #done(
    state: Omit<State, 'format'>,
    changed: boolean,
    analysedModules: number,
  ): Result<Generated> {
    const { state: statePath, depfile } = companions(this.#output);
    writeIfChanged(depfile, formatDepfile(this.#options.output, dependenciesOf(state)));
    writeState(statePath, state);
    const { length: modules } = state.modules.name;
    return ok({ analysed: 'part', changed, modules, analysedModules, warnings: [] });
  }

  #engineOptions(): Result<EngineOptions> {
    const { listFile, source } = this.#options;
    const options = { ...this.#options, files: this.#files };
    if (listFile === undefined) return ok(options);
    const content = diskFiles(source).read(listFile);
    if (content === undefined) {
      const missing = Object.assign(new Error(), { code: 'ENOENT', path: listFile });
      return failed(systemError('read the module list', missing));
    }
    const list = String(content)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return ok({ ...options, list });
  }
}

/** Every file and directory whose change may mean another manifest. */
export function dependenciesOf(state: Pick<State, 'files' | 'watched' | 'globs'>): string[] {
  const paths = new Set(state.files.path);
  for (const { path } of state.watched) paths.add(path);
  for (const { searched } of state.globs) for (const path of searched) paths.add(path);
  return [...paths].sort();
}

function nothing(state: State): Generated {
  const { length: modules } = state.modules.name;
  return { analysed: 'nothing', changed: false, modules, analysedModules: 0, warnings: [] };
}
