// Runs the three stages of a tree that has Ashlar installed: Ninja for each, one after the other, so that nothing
// wrong in a later one keeps an earlier one from being made again. Knows nothing of tasks.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ok, type Result } from '../base/diagnostic.ts';
import { readIfExists, writeIfChanged } from '../base/fs.ts';
import { withoutAuthorities } from '../base/http/authorities.ts';
import { treeLogic } from '../package/module/logic.ts';
import { shellLine } from '../base/shell.ts';
import { makeManifest, valuesOf } from './generator.ts';
import { bootstrapLogic, findAllTools, missingTool } from './languages.ts';
import { OWN_LOGIC } from './manifests.ts';
import type { Ninja } from './ninja.ts';
import type { GeneratorOptions } from './options.ts';
import { StageFilter } from './stagefilter.ts';
import { fillTemplate } from './template.ts';
import type { BlueprintsTree } from './tree.ts';
import { installedBundle } from './version.ts';

export interface StageRequest {
  readonly tree: BlueprintsTree;
  readonly ninja: Ninja;
  readonly env: NodeJS.ProcessEnv;
  readonly runTests: boolean;
  readonly signal?: AbortSignal;
  /** Takes what Ninja prints of the first two stages, line by line. */
  readonly print: (line: string) => void;
}

/** How preparing ended: exit status 0 and the main manifest up to date, or what went wrong was printed. */
export interface Prepared {
  readonly status: number;
  /** Whether the tree has build logic of its own. */
  readonly ownLogic: boolean;
}

/**
 * Brings the main manifest up to date. The working directory is the source root. Diagnostics are those of
 * making manifests in this process; what other processes say is printed.
 */
export async function prepareManifest(request: StageRequest): Promise<Result<Prepared>> {
  const { buildDir } = request.tree;
  const options = optionsOf(request);
  const first = join(buildDir, '.minibootstrap/build.ninja');
  const template = `${first}.in`;
  const forFirst = { ...options, output: template };
  if (readIfExists(first) === undefined) {
    const made = makeManifest('bootstrap', forFirst, { logic: [bootstrapLogic], name: 'minibp' });
    if (!made.ok) return made;
  }
  const text = String(readIfExists(template) ?? '');
  if (!hasOwnLogic(text)) {
    return makeStock(request, options);
  }
  const filled = fillTemplate(text, valuesOf(options), template, missingTool);
  if (!filled.ok) return filled;
  writeIfChanged(first, filled.value);
  const second = join(buildDir, '.bootstrap/build.ninja');
  const status =
    (await runStage(request, ['-f', first, second])) || (await runStage(request, ['-f', second]));
  if (status === 0 && !hasOwnLogic(String(readIfExists(template) ?? ''))) {
    // The last module of the bootstrap is gone.
    return makeStock(request, options);
  }
  return ok({ status, ownLogic: true });
}

/** The manifest of the tree itself; relative to its root, or absolute. */
export function mainManifest({ buildDir }: BlueprintsTree): string {
  return join(buildDir, 'build.ninja');
}

/** In this process: no other program has to be made first. */
function makeStock(request: StageRequest, options: GeneratorOptions): Result<Prepared> {
  const output = mainManifest(request.tree);
  const stock = { logic: [treeLogic, bootstrapLogic], name: 'ashlar' };
  const made = makeManifest('main', { ...options, output, asBuilder: true }, stock);
  if (!made.ok) return made;
  made.value.forEach(request.print);
  return ok({ status: 0, ownLogic: false });
}

function hasOwnLogic(manifest: string): boolean {
  return manifest.includes(`build ${OWN_LOGIC}: phony`);
}

function optionsOf({ tree, env, runTests }: StageRequest): GeneratorOptions {
  const { root, topFile, buildDir } = tree;
  return {
    topFile,
    output: '',
    buildDir,
    depfile: undefined,
    template: undefined,
    bootstrap: '',
    engine: shellLine([process.execPath, join(installedBundle(), 'minibp.js')]),
    runTests,
    tools: findAllTools(root, env),
    buildPrimary: false,
    asBuilder: false,
    checkGlobs: false,
    docs: undefined,
    fill: undefined,
  };
}

/** Runs Ninja, and prints what concerns the user of what it says. Resolves to an exit status of ours. */
function runStage(
  { ninja, env, print, signal }: StageRequest,
  argv: readonly string[],
): Promise<number> {
  return new Promise((done) => {
    const child = spawn(ninja.program, [...ninja.flags, ...argv], {
      // What it starts is Ashlar's own.
      env: { ...withoutAuthorities(env), NINJA_STATUS: '[%f/%t] ' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const filter = new StageFilter(print);
    const stop = (): void => void child.kill('SIGINT');
    signal?.addEventListener('abort', stop);
    child.stdout.setEncoding('utf8').on('data', (text: string) => filter.add(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => filter.add(text));
    child.on('error', () => done(3));
    child.on('close', (status) => {
      signal?.removeEventListener('abort', stop);
      filter.end();
      done(status === 0 ? 0 : status === null ? 130 : filter.wrongDefinition ? 2 : 1);
    });
  });
}
