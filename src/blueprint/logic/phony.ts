// `phony`: a name for other modules, to build them together.
import { dependencyTag, list, moduleType, moduleName, phonyRule } from '../api.ts';
import { outputsProvider } from './name.ts';
import { literal, stock } from './package.ts';

export const phonyTag = dependencyTag('phony');

export const phony = moduleType({
  name: 'phony',
  doc: 'A name for other modules: `ninja NAME` builds all variants of them.',
  properties: {
    deps: list(moduleName(), { required: true, doc: 'The modules.' }),
  },
  generate(ctx) {
    const { deps } = ctx.properties;
    for (const [index, name] of deps.entries()) {
      const module = ctx.directDependency(name, phonyTag);
      // One that is missing has been reported.
      if (module === undefined || ctx.get(module, outputsProvider) !== undefined) continue;
      const problem = `${module.toString()} makes nothing that Ninja could build`;
      ctx.propertyError(`deps[${index}]`, problem);
    }
    ctx.build(stock, {
      rule: phonyRule,
      outputs: literal([ctx.name]),
      inputs: literal(deps),
      optional: true,
    });
    ctx.set(outputsProvider, [ctx.name]);
  },
});
