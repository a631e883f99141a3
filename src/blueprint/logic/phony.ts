// `phony`: a name for other modules, to build them together.
import { dependencyTag, list, moduleType, moduleName, phonyRule } from '../api.ts';
import { namesakeProvider, outputsProvider } from './name.ts';
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
      if (module === undefined) continue;
      const shown = module.toString();
      if (ctx.get(module, outputsProvider) === undefined) {
        ctx.propertyError(`deps[${index}]`, `${shown} makes nothing that Ninja could build`);
      } else if (ctx.get(module, namesakeProvider) === true) {
        const problem = `${shown} cannot be named, because it is made from a file of that name`;
        ctx.propertyError(`deps[${index}]`, problem);
      }
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
