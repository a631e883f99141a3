// The small manifest by which Ninja itself decides whether the generator must run: it must be run before
// the generated one, never as a part of it, so that a broken tree can always be healed. Globs are checked
// on their own: when directories change, but no list of matches does, the generator is not started.
import { dirname } from 'node:path';
import type { GlobRecord } from '../module/observe.ts';
import { NinjaWriter } from '../ninja/writer.ts';
import { ninjaEscape } from '../ninja/escape.ts';

/** Files beside a manifest, all in one directory but for the dependency file. */
export interface Companions {
  /** What the next run needs to know. */
  readonly state: string;
  /** Everything that the manifest depends on, for whoever runs the generator by other means. */
  readonly depfile: string;
  /** The manifest of the generator itself. */
  readonly generator: string;
  /** What the globs match, and the dependency files of that and of the manifest in `generator`. */
  readonly globs: string;
  readonly globsDepfile: string;
  readonly filesDepfile: string;
}

export function companionsOf(output: string): Companions {
  const slash = output.lastIndexOf('/');
  const directory = `${output.slice(0, slash + 1)}.ashlar`;
  const path = `${directory}/${output.slice(slash + 1)}`;
  return {
    state: `${path}.state`,
    depfile: `${output}.d`,
    generator: `${path}.generator`,
    globs: `${path}.globs`,
    globsDepfile: `${path}.globs.d`,
    filesDepfile: `${path}.files.d`,
  };
}

/** The manifest. Commands are for a POSIX shell, and run in the source root. */
export function generatorManifest(
  output: string,
  commands: { readonly generate: string; readonly checkGlobs: string },
): string {
  const { globs, globsDepfile, filesDepfile } = companionsOf(output);
  const writer = new NinjaWriter(new Map());
  writer.comment(
    'This file is generated and should not be edited. It brings another one up to date.',
  );
  writer.assign('ninja_required_version', '1.7.0');
  writer.assign('builddir', ninjaEscape(dirname(globs)));
  writer.blankLine();
  const rule = (name: string, command: string, depfile: string, description: string): void => {
    const variables = Object.entries({
      command: ninjaEscape(command),
      depfile: ninjaEscape(depfile),
      description,
      generator: 'true',
      restat: 'true',
    });
    const nothing = { comment: '', pool: undefined, commandDeps: [], commandOrderOnly: [] };
    writer.rule(name, { ...nothing, variables });
    writer.blankLine();
  };
  rule('globs', commands.checkGlobs, globsDepfile, 'check globs');
  rule('generate', commands.generate, filesDepfile, `generate ${ninjaEscape(output)}`);
  const line = { comment: '', implicitOutputs: [], orderOnly: [], validations: [], inputs: [] };
  writer.buildLine({ ...line, rule: 'globs', outputs: [globs], implicits: [] });
  writer.blankLine();
  writer.buildLine({ ...line, rule: 'generate', outputs: [output], implicits: [globs] });
  writer.blankLine();
  writer.defaultLine([output]);
  return writer.take();
}

/**
 * What globs match, as text: equal texts, equal matches. An empty directory says nothing to the walk through
 * the tree, which looks for Blueprints files, and neither does a pattern that finds none.
 */
export function globsText(
  globs: readonly (GlobRecord & { readonly tree?: boolean })[],
  isEmpty: (directory: string) => boolean,
): string {
  const lines: string[] = [];
  for (const { pattern, excludes, followLinks, matches, tree } of globs) {
    const telling = tree === true ? matches.filter((path) => !isEmpty(path)) : matches;
    if (tree === true && telling.length === 0) continue;
    lines.push(JSON.stringify({ pattern, excludes, followLinks, matches: telling }));
  }
  return [...new Set(lines)]
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}
