// `genrule`: files made by a command.
import { bool, joinPath, list, moduleType, ninjaEscape, path, string } from '../api.ts';
import { dependencyTag, didYouMean, provider, singleton, type GenerateContext } from '../api.ts';
import type { StockConfig } from './config.ts';
import { expandCommand, type Reference } from './command.ts';
import { programProvider } from './program.ts';
import {
  addSourceDependencies,
  expandSources,
  filesOf,
  filesProvider,
  pathIn,
  sources,
} from './source.ts';
import { setOutputs } from './name.ts';
import { literal, stock } from './package.ts';

const toolTag = dependencyTag('tool');

export const genrule = moduleType({
  name: 'genrule',
  doc:
    'Files that a command makes. In the command, `$(in)` stands for the sources, `$(out)` for the outputs, ' +
    '`$(location name)` for a tool or for one of the files, named as in the list that it is of, `$(gendir)` for ' +
    'the directory of the outputs, ' +
    'and `$(depfile)` for the dependency file. It runs in the source root, once for all outputs.',
  properties: {
    srcs: sources('What the command reads.'),
    exclude_srcs: list(path(), { doc: 'Sources to leave out. Wildcards are allowed.' }),
    outs: list(string(), {
      required: true,
      doc: 'What the command makes, in a directory of its own.',
    }),
    cmd: string({ required: true, doc: 'The command, for a POSIX shell.' }),
    tools: list(string(), { doc: 'Modules whose programs the command runs.' }),
    tool_files: list(path(), { doc: 'Files that the command runs or reads, beside its sources.' }),
    depfile: bool({ doc: 'The command writes a Makefile fragment with the files it read.' }),
  },
  dependencies(ctx) {
    addSourceDependencies(ctx, ctx.properties.srcs);
    ctx.addDependency(toolTag, ...ctx.properties.tools);
  },
  generate(ctx) {
    const { srcs, exclude_srcs, outs, cmd, depfile } = ctx.properties;
    const { out } = ctx.config as StockConfig;
    const directory = joinPath(out, `gen/${joinPath(ctx.directory, ctx.name)}`);
    const inputs = expandSources(ctx, 'srcs', srcs, exclude_srcs);
    const outputs = outs.map((out) => `${directory}/${out}`);
    if (outs.length === 0) ctx.propertyError('outs', 'there must be at least one output');
    const tools = findTools(ctx);
    const named = new Map([
      ...outs.map((name, i) => [name, [outputs[i]!]] as const),
      ...srcs.map((name) => [name, filesOf(ctx, name)] as const),
      ...tools,
    ]);
    const resolve = (reference: string): Reference =>
      resolveReference(reference, { inputs, outputs, directory, named });
    const { command, problems } = expandCommand(cmd, resolve);
    for (const problem of problems) ctx.propertyError('cmd', problem);
    if (problems.length > 0 || outs.length === 0) return;
    const rule = ctx.rule(stock, 'command', {
      command,
      description: `generate ${ninjaEscape(ctx.name)}`,
      ...(depfile ? { depfile: ninjaEscape(`${outputs[0]}.d`), deps: 'gcc' } : {}),
    });
    ctx.build(stock, {
      rule,
      outputs: literal(outputs),
      inputs: literal(inputs),
      implicits: literal([...tools.values()].flat()),
    });
    if (depfile && outputs.length > 1) ctx.set(severalProvider, true);
    ctx.set(filesProvider, { files: outputs });
    setOutputs(ctx, outputs, [...inputs, ...[...tools.values()].flat()]);
  },
});

/** Set where several outputs share a dependency file, which Ninja can keep since 1.10. */
const severalProvider = provider<boolean>('several outputs with a dependency file', {
  persistent: true,
});

export const genruleVersion = singleton('genrule version', (ctx) => {
  if (ctx.collected(severalProvider).length > 0) ctx.requireNinjaVersion(1, 10, 0);
});

interface Known {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly directory: string;
  /** Files by the names that the module gives them. */
  readonly named: ReadonlyMap<string, readonly string[]>;
}

function findTools(
  ctx: GenerateContext<{ tools: readonly string[]; tool_files: readonly string[] }>,
) {
  const tools = new Map<string, readonly string[]>();
  for (const [index, name] of ctx.properties.tools.entries()) {
    const module = ctx.directDependency(name, toolTag);
    const program = module === undefined ? undefined : ctx.get(module, programProvider);
    if (program !== undefined) tools.set(name, [program.path]);
    else if (module !== undefined) {
      ctx.propertyError(`tools[${index}]`, `${module.toString()} makes no program`);
    }
  }
  for (const file of ctx.properties.tool_files) tools.set(file, [pathIn(ctx.directory, file)]);
  return tools;
}

function resolveReference(
  reference: string,
  { inputs, outputs, directory, named }: Known,
): Reference {
  switch (reference) {
    case 'in':
      return { paths: inputs };
    case 'out':
      return { paths: outputs };
    case 'gendir':
      return { paths: [directory] };
    case 'depfile':
      return { paths: [`${outputs[0]}.d`] };
  }
  const name = /^location\s+(.*)$/.exec(reference)?.[1];
  if (name === undefined) {
    return { problem: `there is no $(${reference}); a shell's own is written $$(${reference})` };
  }
  // A wildcard is the name of no file; what it matches is.
  const own = /[*?[]/.test(name) ? undefined : named.get(name);
  const paths = own ?? inputs.filter((input) => `/${input}`.endsWith(`/${name}`));
  if (paths.length > 0) return { paths };
  const meant = didYouMean(name, [...named.keys()]);
  const hint = meant === undefined ? '' : `: ${meant}`;
  return { problem: `$(location ${name}) is no tool and none of the files${hint}` };
}
