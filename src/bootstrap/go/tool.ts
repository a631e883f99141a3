// The tree's own programs for tests and plugins, where it has them: gotestrunner and loadplugins, as
// google/blueprint calls them. Without them, a shell does what they would. A tree's gotestmain is built, but not
// used: what it writes fits only the versions of Go that were there when it was written.
import {
  dependencyTag,
  provider,
  type BottomUpContext,
  type GenerateContext,
} from '../../blueprint/api.ts';
import { bootstrapOf, isEarlier } from '../config.ts';
import { announcedProvider } from '../language.ts';
import { placementOf } from '../stage.ts';
import type { BuildPath } from './compile.ts';

const toolTag = dependencyTag('tool');

/** The program that makes the sources for a plugin, set by the plugin. */
export const loaderProvider = provider<BuildPath>('go_plugin_loader');

export type ToolName = 'gotestrunner' | 'loadplugins';

interface Values {
  readonly testSrcs: readonly string[];
  readonly pluginFor?: readonly string[];
  readonly darwin: { readonly testSrcs: readonly string[] };
  readonly linux: { readonly testSrcs: readonly string[] };
}

/** Depends on the programs that a module needs for its tests, and for adding itself to others. */
export function addTools(ctx: BottomUpContext<Values>): void {
  const { testSrcs, darwin, linux, pluginFor = [] } = ctx.properties;
  const tested = [testSrcs, darwin.testSrcs, linux.testSrcs].some(({ length }) => length > 0);
  const names: ToolName[] = [];
  if (tested && bootstrapOf(ctx.config).runTests) names.push('gotestrunner');
  if (pluginFor.length > 0) names.push('loadplugins');
  for (const name of names) {
    if (name !== ctx.name && ctx.hasModule(name)) ctx.addDependency(toolTag, name);
  }
}

/** The program of this name as a word of a command; undefined where the tree has none, or none in time. */
export function toolOf(ctx: GenerateContext<unknown>, name: ToolName): BuildPath | undefined {
  const tool = ctx.directDependency(name, toolTag);
  const announced = tool === undefined ? undefined : ctx.get(tool, announcedProvider);
  if (announced?.program === undefined) return undefined;
  if (isEarlier(placementOf(ctx).stage, announced.stage)) return undefined;
  const { program } = announced;
  return {
    path: program,
    word: program.replace('${bootstrap.BuildDir}', '${bootstrap.BuildDirWord}'),
  };
}
