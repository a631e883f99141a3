// What `minibp` and primary builders do: make a manifest of the tree in the working directory, remove what no
// manifest makes any more; or write the page about module types; or fill in a template.
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import {
  exitStatus,
  failed,
  formatDiagnostic,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import type { Canonical } from '../base/digest.ts';
import { readIfExists, systemError, writeIfChanged } from '../base/fs.ts';
import { DEFAULT_CONFIG } from '../blueprint/logic/config.ts';
import type { Logic } from '../blueprint/api.ts';
import { checkGlobs, generate, type GenerateOptions } from '../blueprint/phase/generate.ts';
import { declarationsLogic } from '../package/module/collect.ts';
import { removeAbandoned, type Manifest } from './abandoned.ts';
import type { BootstrapSettings, Stage } from './config.ts';
import { declareFiles } from './declared.ts';
import { missingTool } from './languages.ts';
import type { GeneratorOptions } from './options.ts';
import { withOwnPlaces } from './panic.ts';
import { fillTemplate } from './template.ts';
import { packagesFile, writeDeclared } from './packages.ts';
import { programVersion } from './version.ts';

export interface GeneratorLogic {
  readonly logic: readonly Logic[];
  /** What the tree's own logic adds to the configuration. */
  readonly config?: Canonical;
  /** For a title. */
  readonly name: string;
}

/** Does what the options say. Prints to the streams of the process; returns the exit status. */
export async function runGenerator(
  stage: Stage,
  options: GeneratorOptions,
  program: GeneratorLogic,
): Promise<number> {
  const result = await run(stage, options, program).catch((error: unknown) =>
    failed(systemError('generate', error)),
  );
  if (result.ok) {
    for (const line of result.value) process.stdout.write(`${line}\n`);
    return 0;
  }
  return report(result.diagnostics);
}

/** Prints problems, and returns the exit status that they ask for. */
export function report(diagnostics: readonly Diagnostic[]): number {
  // In their order: some lead on to the next.
  for (const one of diagnostics) process.stderr.write(`${formatDiagnostic(one)}\n`);
  return exitStatus(diagnostics);
}

async function run(
  stage: Stage,
  options: GeneratorOptions,
  program: GeneratorLogic,
): Promise<Result<readonly string[]>> {
  if (options.fill !== undefined) return fill(options.fill, options);
  if (options.docs !== undefined) {
    const { docsPage } = await import('./docs.ts');
    writeIfChanged(options.docs, await docsPage(program.name, program.logic));
    return ok([]);
  }
  return makeManifest(stage, options, program);
}

/** Fills in a template. The values are those that a generator is told anyway. */
function fill(template: string, options: GeneratorOptions): Result<readonly string[]> {
  const text = readFileSync(template, 'utf8');
  const filled = fillTemplate(text, valuesOf(options), template, missingTool);
  if (!filled.ok) return filled;
  writeIfChanged(options.output, filled.value);
  return ok([]);
}

/** The values of placeholders. */
export function valuesOf(options: GeneratorOptions): Readonly<Record<string, string>> {
  const { tools, buildDir, topFile, bootstrap, template, engine, runTests } = options;
  // What is missing on this machine has no value.
  const found = Object.entries(tools).filter(([, value]) => value !== '');
  return {
    ...Object.fromEntries(found),
    BuildDir: buildDir,
    TopFile: topFile,
    Bootstrap: bootstrap,
    RunTests: runTests ? '-t' : '',
    ...(template === undefined ? {} : { BootstrapManifest: template }),
    ...(engine === undefined ? {} : { Engine: engine }),
  };
}

/**
 * Makes a manifest of the tree in the working directory, and removes what none makes any more. Gives messages
 * about that.
 */
export function makeManifest(
  stage: Stage,
  options: GeneratorOptions,
  { logic, config }: GeneratorLogic,
): Result<readonly string[]> {
  const { output, topFile, buildDir } = options;
  const declared = new Set<string>();
  const packages = stage === 'main' ? packagesFile(output) : undefined;
  const taking = declarationsLogic((found) => writeDeclared(packages!, found));
  const request: GenerateOptions = {
    source: process.cwd(),
    output,
    spelled: output,
    root: topFile,
    logic: packages === undefined ? logic : [...logic, taking],
    // What the modules declare is taken while they are analysed.
    fresh: packages !== undefined && !existsSync(packages),
    logicVersion: programVersion(),
    config: configOf(stage, options, config),
    ignoreUnknownModuleTypes: stage !== 'main',
    debug: true,
    declared,
  };
  if (options.checkGlobs) {
    const checked = checkGlobs(request);
    return checked.ok ? ok([]) : checked;
  }
  declareFiles(declared);
  const generated = generate(request);
  declareFiles(undefined);
  if (!generated.ok) return failed(...generated.diagnostics.map((one) => withOwnPlaces(one)));
  const { warnings } = generated.value;
  for (const one of warnings) process.stderr.write(`${formatDiagnostic(one)}\n`);
  if (options.depfile !== undefined) {
    writeIfChanged(options.depfile, String(readIfExists(`${output}.d`) ?? ''));
  }
  const manifests = manifestsBelow(buildDir, stage, options);
  return ok(removeAbandoned(logOf(stage, buildDir), manifests, buildDir));
}

function logOf(stage: Stage, buildDir: string): string {
  const directory = { bootstrap: '.minibootstrap', primary: '.bootstrap', main: '.' }[stage];
  return join(buildDir, directory, '.ninja_log');
}

/** All manifests of the build directory, the one that was just made as it will be. */
function manifestsBelow(buildDir: string, stage: Stage, options: GeneratorOptions): Manifest[] {
  const first = join(buildDir, '.minibootstrap/build.ninja');
  const others = ['.bootstrap/build.ninja', 'build.ninja'].map((file) => ({
    file: join(buildDir, file),
  }));
  if (stage !== 'bootstrap') return [{ file: first }, ...others];
  const filled = fillTemplate(readFileSync(options.output, 'utf8'), valuesOf(options), first);
  return [{ file: first, ...(filled.ok ? { text: filled.value } : {}) }, ...others];
}

function configOf(stage: Stage, options: GeneratorOptions, own: Canonical | undefined): Canonical {
  const { buildDir, topFile, template, bootstrap, runTests, engine, tools } = options;
  const settings: BootstrapSettings = {
    stage,
    buildDir,
    topFile,
    template,
    bootstrap,
    runTests,
    engine,
    tools,
  };
  const given = typeof own === 'object' && own !== null && !Array.isArray(own) ? own : {};
  return { ...DEFAULT_CONFIG, out: buildDir, ...given, bootstrap: { ...settings } };
}
