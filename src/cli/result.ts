// What a build leaves beside its outputs: the files that lead to them, and the lines that name them.
import { basename, join, relative } from 'node:path';
import { tagDirectory } from '../base/cachetag.ts';
import type { Collector } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import type { Definition } from '../package/definition.ts';
import {
  archivePath,
  deployedPath,
  imagePath,
  outputDirectory,
  writeBootstrapLatest,
  writeComplete,
  writeLatest,
} from '../package/pipeline/output.ts';
import type { Pipeline } from '../package/pipeline/pipeline.ts';
import { compareVariants, spell } from '../package/variant.ts';
import type { BuildReport } from '../task/schedule.ts';
import type { Bootstrap } from './delivery.ts';
import type { Prepared } from './prepare.ts';

/** Found out before hours of work, not after. */
export function makeOutputDirectory({ open }: Prepared, out: Collector): boolean {
  const directory = outputDirectory(open.tree.directory);
  try {
    makeDirectories(join(directory, 'packages'));
    tagDirectory(directory);
    return true;
  } catch (error) {
    out.add(systemError('make the directory for results', error, directory));
    return false;
  }
}

/** Writes what leads to the archives, and tells the files. Only what succeeded is written. */
export function writeResults(
  { open, selection, pipelines }: Prepared,
  wanted: readonly Definition[],
  bootstraps: readonly Bootstrap[],
  report: BuildReport,
  out: Collector,
): string[] {
  const written: string[] = [];
  const { results } = report;
  const packages = open.tree.directory;
  const ready = (definition: Definition): boolean => isReady(pipelines.get(definition)!, report);
  try {
    for (const definition of wanted.filter(ready)) {
      const { archives } = pipelines.get(definition)!;
      written.push(...writeLatest(packages, definition.variant, archives));
    }
    for (const [variant, set] of selection.trees) {
      const bootstrap = bootstraps.find((one) => one.variant === variant);
      const done = bootstrap === undefined || results.has(bootstrap.task);
      if (!done || !set.members.every(ready)) continue;
      if (bootstrap !== undefined) {
        written.push(writeBootstrapLatest(packages, variant, bootstrap.id));
      }
      const complete = writeComplete(packages, variant, {
        bootstrap: bootstrap?.id ?? null,
        packages: set.members.flatMap((definition) =>
          pipelines.get(definition)!.archives.map(({ id }) => id),
        ),
      });
      written.push(complete);
    }
  } catch (error) {
    out.add(systemError('write', error));
  }
  return written;
}

/** Names the files of what was asked for by name. */
export function printResults(
  { cwd, print }: { readonly cwd: string; readonly print: (text: string) => void },
  { open, selection, pipelines, images }: Prepared,
  report: BuildReport,
): void {
  const { directory } = open.tree;
  const rows: (readonly [name: string, path: string])[] = [];
  for (const definition of [...(selection.asked ?? [])].sort(compareVariants)) {
    const pipeline = pipelines.get(definition)!;
    if (!isReady(pipeline, report)) continue;
    const { archives } = pipeline;
    const own = archives.find(({ name }) => name === definition.name);
    if (own !== undefined) rows.push([spell(definition), archivePath(directory, own)]);
    else if (pipeline.deployed.length > 0) {
      rows.push([spell(definition), deployedPath(directory, definition)]);
    }
  }
  for (const [{ name }, task] of images) {
    if (!report.results.has(task)) continue;
    for (const { at } of Object.values(task.outputs)) {
      rows.push([name, join(imagePath(directory, name), basename(at))]);
    }
  }
  const width = rows.reduce((most, [name]) => Math.max(most, name.length), 0);
  for (const [name, path] of rows) {
    const shown = relative(cwd, path);
    print(`${name.padEnd(width)}  ${shown.startsWith('../..') ? path : shown}\n`);
  }
}

/** Whether all that a build asks for of a package is there. */
function isReady({ archives, deployed }: Pipeline, { results }: BuildReport): boolean {
  return [...archives.map(({ task }) => task), ...deployed].every((task) => results.has(task));
}
