// The build logic of trees that bring none of their own: the stock module types, and packages.
import { defaultsLogic } from '../../blueprint/logic/defaults.ts';
import { stockWith } from '../../blueprint/logic/stock.ts';
import type { AnyModuleType, Logic } from '../../blueprint/api.ts';
import { imageModule } from './image.ts';
import { packageModule } from './package.ts';

/** Everything. Its configuration is a `StockConfig`. */
export const treeLogic: Logic = withImages(stockWith([packageModule]));

/** Packages and images alone, with further types of packages, for build logic that needs nothing else. */
export function packageLogic(...more: readonly AnyModuleType[]): Logic {
  const types = [packageModule, ...more];
  const defaults = defaultsLogic(types);
  return withImages({
    ...defaults,
    moduleTypes: [...types, ...(defaults.moduleTypes ?? [])],
  });
}

function withImages(logic: Logic): Logic {
  return { ...logic, moduleTypes: [...(logic.moduleTypes ?? []), imageModule] };
}
