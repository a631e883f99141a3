// Makes a manifest from a tree, or brings it up to date: with nothing changed, nothing is analysed; with
// little changed, little. Beside the manifest come its dependency file and the state for the next run.
import { existsSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { takeCourse } from '../../base/course.ts';
import { failed, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { canonicalJson, digestOf, type Canonical } from '../../base/digest.ts';
import { readIfExists, systemError, writeIfChanged } from '../../base/fs.ts';
import { diskFiles, type FileSystem } from '../glob/filesystem.ts';
import { glob } from '../glob/glob.ts';
import type { Logic } from '../module/logic.ts';
import { formatDepfile } from '../ninja/depfile.ts';
import { findChanges } from './change.ts';
import { sameColumn, textCount, unpackTexts } from './column.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { readList } from './list.ts';
import { analysePart } from './partial.ts';
import { finishPart, finishWhole, type FinishTarget } from './finish.ts';
import { unpackGlobs, type GlobLook } from './looks.ts';
import { companionsOf, generatorManifest, globsText, type Companions } from './regenerate.ts';
import { absolutePath, sameMade, stampOf } from './stamp.ts';
import { Stamper } from './stamper.ts';
import { readState, writeState, type StampedPaths, type State } from './state.ts';

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
  /** How to run this again, for Ninja: then a manifest is written that does so where it is needed. */
  readonly commands?: { readonly generate: string; readonly checkGlobs: string } | undefined;
  /**
   * The manifest's name in dependency files, for a manifest that runs the generator: Ninja compares the
   * names literally. Then dependency files are written as `commands` has them written.
   */
  readonly spelled?: string | undefined;
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

/** Generates. Error codes: those of all phases, `list/…` and `fs/…`. Nothing is written on errors. */
export function generate(options: GenerateOptions): Result<Generated> {
  try {
    const generated = new Generation(options).run();
    if (generated.ok) takeCourse(`generate ${generated.value.analysed}`);
    return generated;
  } catch (error) {
    return failed(systemError('generate', error));
  }
}

class Generation {
  readonly #options: GenerateOptions;
  readonly #files: FileSystem;
  readonly #output: string;
  readonly #companions: Companions;
  readonly #key: string;
  readonly #takenAt = Date.now();

  constructor(options: GenerateOptions) {
    const { source, output, root, listFile, logicVersion, config, dialect } = options;
    this.#options = options;
    this.#files = diskFiles(source);
    this.#output = absolutePath(source, output);
    this.#companions = companionsOf(this.#output);
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

  checkGlobs(): boolean {
    const state = readState(this.#companions.state, this.#key);
    const before = state === undefined ? undefined : unpackGlobs(state);
    const now = before?.map((look): GlobLook => {
      const { pattern, excludes, followLinks } = look;
      const found = glob(this.#files, pattern, { excludes, followLinks });
      return { ...look, ...(found.ok ? found.value : { matches: ['?'] }) };
    });
    const text = now === undefined ? `${this.#takenAt}\n` : globsText(now, this.#isEmpty);
    const changed = writeIfChanged(this.#companions.globs, text);
    // Where the generator does not run, nobody else tells Ninja of directories that are new.
    if (now !== undefined) this.#writeGlobsDepfile(now);
    return changed;
  }

  /** Of directories that globs matched: paths that end in a slash. */
  readonly #isEmpty = (path: string): boolean =>
    path.endsWith('/') && this.#files.list(path.slice(0, -1)).length === 0;

  #writeGlobsDepfile(looks: readonly GlobLook[]): void {
    const { output, spelled = output, commands } = this.#options;
    if (commands === undefined && this.#options.spelled === undefined) return;
    const { globs } = companionsOf(spelled);
    const empty = looks
      .filter(({ tree }) => tree === true)
      .flatMap(({ matches }) => matches.filter(this.#isEmpty).map((path) => path.slice(0, -1)));
    const searched = looks.flatMap((look) => look.searched);
    const directories = [...new Set([...searched, ...empty])].sort();
    writeIfChanged(this.#companions.globsDepfile, formatDepfile(globs, directories));
  }

  run(): Result<Generated> {
    const { source, fresh = false } = this.#options;
    const state = fresh ? undefined : readState(this.#companions.state, this.#key);
    if (state === undefined) return this.#whole('there is nothing to start from');
    if (!sameMade(state.manifest.stamp, stampOf(this.#output))) {
      return this.#whole('the manifest is not the one that was generated');
    }
    const changes = findChanges(state, this.#files, source);
    if (changes.everything !== undefined) return this.#whole(changes.everything);
    const { current, stale } = changes;
    if (changes.files.size === 0 && changes.modules.size === 0) {
      // That nothing changed took reading: the next run shall see it from stamps again.
      if (stale) writeState(this.#companions.state, { ...current, takenAt: this.#takenAt });
      if (!looksTheSame(state, current) || !this.#hasCompanions()) this.#writeCompanions(current);
      return ok(nothing(state));
    }
    const engineOptions = this.#engineOptions();
    if (!engineOptions.ok) return engineOptions;
    const part = analysePart(current, changes, engineOptions.value, this.#options.logic);
    if ('whole' in part) return this.#whole(part.whole);
    const { files, directories, watched } = current;
    const target = this.#target(new Stamper(source, files, directories, watched));
    const finished = finishPart(current, part, target);
    if ('whole' in finished) return this.#whole(finished.whole);
    return this.#done(finished.state, finished.changed, part.groups.length, state);
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
    const count = textCount(finished.state.modules.name);
    const result = this.#done(finished.state, finished.changed, count);
    return result.ok ? ok({ ...result.value, analysed: 'whole', reason, warnings }) : result;
  }

  #target(stamper: Stamper): FinishTarget {
    const { state, globs } = this.#companions;
    mkdirSync(dirname(state), { recursive: true });
    return {
      output: this.#output,
      key: this.#key,
      takenAt: this.#takenAt,
      files: this.#files,
      stamper,
      beforeManifest: (looks) => {
        // Ninja, which had the globs checked before this ran, must not find them newer than the manifest.
        const checked = statSync(globs, { throwIfNoEntry: false });
        const changed = writeIfChanged(globs, globsText(looks, this.#isEmpty));
        if (changed && checked !== undefined) utimesSync(globs, checked.atime, checked.mtime);
      },
    };
  }

  #done(
    state: Omit<State, 'format'>,
    changed: boolean,
    analysedModules: number,
    before?: State,
  ): Result<Generated> {
    if (before === undefined || !looksTheSame(before, state) || !this.#hasCompanions()) {
      this.#writeCompanions(state);
    }
    writeState(this.#companions.state, state);
    const modules = textCount(state.modules.name);
    return ok({ analysed: 'part', changed, modules, analysedModules, warnings: [] });
  }

  /** Whether all are there, and Ninja would run this again as it was run now: without, it would do so each time. */
  #hasCompanions(): boolean {
    const { depfile, globsDepfile, filesDepfile, generator } = this.#companions;
    const { output, commands, spelled } = this.#options;
    const asked = commands !== undefined || spelled !== undefined;
    const wanted = [depfile, ...(asked ? [globsDepfile, filesDepfile] : [])];
    if (!wanted.every((path) => existsSync(path))) return false;
    if (commands === undefined) return true;
    return readIfExists(generator)?.toString() === generatorManifest(output, commands);
  }

  #writeCompanions(state: LookedAt): void {
    const { output, commands, spelled = output } = this.#options;
    const { depfile, filesDepfile, generator } = this.#companions;
    const files = pathsOf(state.files, state.watched);
    const directories = pathsOf(state.directories);
    writeIfChanged(depfile, formatDepfile(output, [...new Set([...files, ...directories])].sort()));
    if (commands !== undefined || this.#options.spelled !== undefined) {
      writeIfChanged(filesDepfile, formatDepfile(spelled, files));
      this.#writeGlobsDepfile(unpackGlobs(state));
    }
    if (commands !== undefined) writeIfChanged(generator, generatorManifest(output, commands));
  }

  #engineOptions(): Result<EngineOptions> {
    const { listFile } = this.#options;
    const options = { ...this.#options, files: this.#files };
    if (listFile === undefined) return ok(options);
    const list = readList(this.#files, listFile);
    return list.ok ? ok({ ...options, list: list.value }) : list;
  }
}

type LookedAt = Pick<State, 'files' | 'watched' | 'globs' | 'directories'>;

/** Whether two runs looked at the same files and directories: then dependency files stay as they are. */
function looksTheSame(a: LookedAt, b: LookedAt): boolean {
  return (['files', 'watched', 'directories'] as const).every((part) =>
    sameColumn(a[part].path, b[part].path),
  );
}

function pathsOf(...columns: readonly StampedPaths[]): string[] {
  return [...new Set(columns.flatMap(({ path }) => unpackTexts(path)))].sort();
}

/**
 * Writes down what the globs of the last run match now, if that is something else. Without a last run
 * there is nothing to compare: then the generator must run.
 */
export function checkGlobs(options: GenerateOptions): Result<boolean> {
  try {
    return ok(new Generation(options).checkGlobs());
  } catch (error) {
    return failed(systemError('check globs', error));
  }
}

function nothing(state: State): Generated {
  const modules = textCount(state.modules.name);
  return { analysed: 'nothing', changed: false, modules, analysedModules: 0, warnings: [] };
}
