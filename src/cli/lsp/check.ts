// Checks modules against the schemas of their types, as they are checked when the tree is analysed.
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { AnyModuleType } from '../../blueprint/api.ts';
import { unknownType } from '../../blueprint/phase/load.ts';
import { unpack } from '../../blueprint/property/unpack.ts';
import type { Value } from '../../blueprint/syntax/scope.ts';
import { typeSpan, type Module } from '../../blueprint/syntax/tree.ts';

export class Checker {
  readonly #types: ReadonlyMap<string, AnyModuleType>;

  constructor(types: readonly AnyModuleType[]) {
    this.#types = new Map(types.map((type) => [type.name, type]));
  }

  check(modules: readonly Module<Value>[]): Diagnostic[] {
    return modules.flatMap((module) => {
      const type = this.#types.get(module.type);
      // Types that load hooks register are not known here: of those nothing is said.
      if (type === undefined) {
        return this.#registersTypes ? [] : [unknownType(module, [...this.#types.keys()])];
      }
      const unpacked = unpack(type.schema, module.properties, typeSpan(module));
      return unpacked.ok ? [] : unpacked.diagnostics;
    });
  }

  get #registersTypes(): boolean {
    return [...this.#types.values()].some(({ load }) => load !== undefined);
  }
}
