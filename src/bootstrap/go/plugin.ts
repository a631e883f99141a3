// Plugins: packages that add themselves to a module, which imports them without naming them. A source is made
// that does so.
import type { GenerateContext } from '../../blueprint/api.ts';
import { pluginTag } from '../stage.ts';
import { goProvider, pathBelow, wordOf } from './compile.ts';
import { goPackage, plainPluginsRule, pluginsRule } from './rules.ts';
import { loaderProvider } from './tool.ts';

/** The sources that import a module's plugins, as Ninja strings: one, or none. `name` is that of its package. */
export function makePlugins(ctx: GenerateContext<unknown>, name: string): string[] {
  const plugins = ctx
    .directDependencies()
    .filter(({ tag }) => tag === pluginTag)
    .map(({ module }) => module);
  if (plugins.length === 0) return [];
  const paths = plugins.flatMap((module) => ctx.get(module, goProvider)?.pkgPath ?? []);
  const source = pathBelow(ctx, 'gen/plugin.go').path;
  // The plugins know of the program: they named the module before it could know that it needs one.
  const loader = ctx.get(plugins[0]!, loaderProvider);
  const args = { pkg: wordOf(name), plugins: paths.map(wordOf).join(' ') };
  if (loader === undefined) {
    ctx.build(goPackage, { rule: plainPluginsRule, outputs: [source], args });
  } else {
    ctx.build(goPackage, {
      rule: pluginsRule,
      outputs: [source],
      implicits: [loader.path],
      args: { ...args, generator: loader.word },
    });
  }
  return [source];
}
