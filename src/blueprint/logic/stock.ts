// The stock module types, as one piece of build logic. It is written on the public API and nothing else.
import { bottomUp, combine, type AnyModuleType, type Logic } from '../api.ts';
import { archLogic } from './arch.ts';
import { ccBinary } from './cc-binary.ts';
import { ccLibrary } from './cc-library.ts';
import { ccTest, check } from './cc-test.ts';
import { defaultsLogic } from './defaults.ts';
import { filegroup } from './filegroup.ts';
import { genrule, genruleVersion } from './genrule.ts';
import { phony, phonyTag } from './phony.ts';

/**
 * The stock module types with more of them, whose properties `defaults` modules can hold as well. Its
 * configuration is a `StockConfig`.
 */
export function stockWith(more: readonly AnyModuleType[]): Logic {
  const types = [filegroup, genrule, ccLibrary, ccBinary, ccTest, phony];
  return combine(
    { moduleTypes: [...types, ...more] },
    defaultsLogic([ccLibrary, ccBinary, ccTest, ...more]),
    rest,
  );
}

const rest: Logic = combine(archLogic, {
  mutators: [
    bottomUp('phony', (ctx) => {
      // Any variant will do: the name of a module stands for all of them.
      const deps = ctx.module.typeName === 'phony' ? ctx.properties['deps'] : [];
      ctx.addFarVariationDependency([], phonyTag, ...(deps as readonly string[]));
    }),
  ],
  singletons: [check, genruleVersion],
});

export const stockLogic: Logic = stockWith([]);
