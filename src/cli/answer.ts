// What ids of a tree were made of, for the launcher to print them again without starting Node. Where it cannot
// tell all, it tells nothing: of git's repositories, say, no file tells at which commit they are.
import { existsSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf } from '../base/fs.ts';
import { isTrustworthy } from '../base/stat/record.ts';
import type { StatTable } from '../base/stat/table.ts';
import type { Question } from '../bootstrap/noopkey.ts';
import { installedBundle } from '../bootstrap/version.ts';
import { keepAnswer } from '../cache/answers.ts';
import type { Identities } from '../package/ids.ts';
import { SETTINGS_FILE } from '../package/settings.ts';
import type { Tree } from '../package/tree.ts';
import { UPSTREAM_FILE } from '../package/upstream.ts';
import { identityPaths, toolDirectories } from '../sandbox/identity.ts';
import type { TreeRequest } from './tree.ts';

/** What ids were computed from; beside files of the tree, only what is said here. */
export interface Computed {
  readonly request: TreeRequest;
  /** Asked for everything that was read of the tree. */
  readonly table: StatTable;
  /** Where the store would be. */
  readonly store: string;
  readonly tree: Tree;
  /** Of those asked for, and of what they require. */
  readonly identities: Identities['identities'];
  /** Whether the programs of this machine count. */
  readonly machine: boolean;
  /** In ms. */
  readonly startedAt: number;
}

/**
 * Keeps what was said. Not in the first run after a change: who edits and asks in turns would pay for nothing. A tree
 * of which nothing is known yet is no such case.
 */
export function recordIds(question: Question, computed: Computed, said: string): void {
  const { request, table, store, tree, startedAt } = computed;
  try {
    const known = table.looked();
    const outside = known && outsideOf(computed, known.links);
    if (outside === undefined) return;
    const present = [...known!.paths, ...outside.present];
    const { absent } = outside;
    keepAnswer(
      store,
      { ...question, base: tree.directory, present, absent, startedAt, said },
      request.env,
    );
  } catch (error) {
    // It only saves time.
    if (errnoOf(error) === undefined) throw error;
  }
}

interface Outside {
  readonly present: readonly string[];
  readonly absent: readonly string[];
}

/** What counts beside the files of the tree that the table knows of. Undefined where its times would not tell of a change. */
function outsideOf(computed: Computed, links: readonly string[]): Outside | undefined {
  const { request, tree, identities, machine, startedAt } = computed;
  const { cwd, env, packages } = request;
  if (existsSync(join(tree.directory, UPSTREAM_FILE))) return undefined;
  const topFile = env['TOPNAME'] || 'Blueprints';
  const tops = above(resolve(cwd, packages ?? '.')).map((directory) => join(directory, topFile));
  // Also above what ends a project: there it has no meaning, but what ends the project could go.
  if (tops.some((path) => existsSync(path))) return undefined;
  for (const { buildinfo } of identities.keys()) {
    // Packages of modules have none.
    const sources = [...(buildinfo?.sources.values() ?? [])];
    if (sources.some(({ kind }) => kind === 'git_local')) return undefined;
  }
  const places = above(tree.directory).map((one) => join(one, SETTINGS_FILE));
  const { file } = tree.settings;
  const nearer = file === undefined ? places : places.slice(0, places.indexOf(file));
  const machines = ['usr/bin', ...identityPaths(), ...toolDirectories()];
  const files = [
    ...links,
    join(installedBundle(), 'load.cjs'),
    process.execPath,
    ...(machine ? machines.map((path) => join('/', path)) : []),
  ];
  const present: string[] = [];
  const absent = [...tops, ...nearer];
  for (const path of files) {
    const stat = statOrNothing(path);
    if (stat === undefined) absent.push(path);
    else if (!isTrustworthy(path, stat, startedAt)) return undefined;
    else present.push(path);
  }
  return { present, absent };
}

/** Undefined also for a link that leads back to itself, or through what is no folder. */
function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (['ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** A directory and all above it. */
function above(directory: string): string[] {
  const all = [directory];
  for (let next = dirname(directory); next !== all.at(-1); next = dirname(next)) all.push(next);
  return all;
}
