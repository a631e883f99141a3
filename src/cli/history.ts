// What `ashlar history` does: lists the trees of a package that builds recorded. Returns what it found;
// the command prints it.
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Collector, definitionError, didYouMean, type Diagnostic } from '../base/diagnostic.ts';
import { isPackageName } from '../install/id.ts';
import { list, type Recorded } from '../task/repository.ts';
import { historyPath } from './trace.ts';

export interface HistoryAnswer {
  readonly repository: string;
  /** The newest first. */
  readonly recorded: readonly Recorded[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors `history/none`, `history/git`. */
export async function answerHistory(packages: string, name: string): Promise<HistoryAnswer> {
  const out = new Collector();
  const plain = name.split(':')[0]!;
  const repository = historyPath(packages, plain);
  const all = isPackageName(plain) ? (out.take(await list(repository)) ?? []) : [];
  const recorded = all.filter(({ task }) => task === name || task.startsWith(`${name}:`));
  if (recorded.length === 0 && !out.failed) {
    const known = repositories(dirname(repository));
    const hint = didYouMean(name, known) ?? 'trees are recorded by "ashlar build --trace"';
    const message = `no history is recorded of ${name}`;
    out.add(definitionError({ code: 'history/none', message, hint }));
  }
  return { repository, recorded, diagnostics: out.diagnostics };
}

function repositories(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => name.replace(/\.git$/, ''));
  } catch {
    return [];
  }
}
