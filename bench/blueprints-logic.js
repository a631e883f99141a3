// The build logic that the engine is measured with: one module type, two mutators with two variations
// each, dependencies, and one build statement for each variant.
import {
  bottomUp,
  dependencyTag,
  list,
  moduleName,
  moduleType,
  packageContext,
  path,
  provider,
  string,
} from '../dist/index.js';

const pkg = packageContext('ashlar/bench');
pkg.variable('flags', '-c');
const archive = pkg.rule(
  'archive',
  { command: 'archive $flags $cflags -o $out $in', description: 'archive $out' },
  'cflags',
);
const output = provider('bench output');
const tag = dependencyTag('dep');

const bench = moduleType({
  name: 'bench',
  properties: {
    srcs: list(path()),
    cflags: list(string()),
    deps: list(moduleName({ tag })),
  },
  generate(ctx) {
    const { srcs, cflags } = ctx.properties;
    const out = `out/${ctx.module.variant}/${ctx.directory}/${ctx.name}.a`;
    ctx.build(pkg, {
      rule: archive,
      outputs: [out],
      inputs: srcs.map((source) => `${ctx.directory}/${source}`),
      implicits: ctx.directDependencies().map(({ module }) => ctx.get(module, output)),
      args: { cflags: cflags.join(' ') },
    });
    ctx.set(output, out);
  },
});

export const logic = {
  moduleTypes: [bench],
  mutators: [
    bottomUp('arch', (ctx) => void ctx.createVariations('arm', 'x86')),
    bottomUp('link', (ctx) => void ctx.createVariations('static', 'shared')),
  ],
};
