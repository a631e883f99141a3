// `ashlar query`: questions about the modules of a tree, answered from its definitions. Nothing is built.
import { buildRouteMap } from '@stricli/core';
import { modulesQuery } from './modules.ts';
import { pathQuery } from './path.ts';
import { propertiesQuery } from './properties.ts';
import { depsQuery, rdepsQuery } from './reach.ts';
import { typesQuery } from './types.ts';
import { variantsQuery } from './variants.ts';

export const queryCommand = buildRouteMap({
  routes: {
    modules: modulesQuery,
    deps: depsQuery,
    rdeps: rdepsQuery,
    path: pathQuery,
    variants: variantsQuery,
    properties: propertiesQuery,
    types: typesQuery,
  },
  docs: { brief: 'ask about the modules of a tree of Blueprints files' },
});
