// `phony`: a name for other modules, to build them together.
import { dependencyTag, list, moduleType, moduleName, phonyRule } from '../api.ts';
import { literal, stock } from './package.ts';

export const phonyTag = dependencyTag('phony');

export const phony = moduleType({
  name: 'phony',
  doc: 'A name for other modules: `ninja NAME` builds all variants of them.',
  properties: {
    deps: list(moduleName(), { required: true, doc: 'The modules.' }),
  },
  generate(ctx) {
    ctx.build(stock, {
      rule: phonyRule,
      outputs: literal([ctx.name]),
      inputs: literal(ctx.properties.deps),
      optional: true,
    });
  },
});
