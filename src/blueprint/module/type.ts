// Module types: what a module is called in files, which properties it has, and what becomes of it.
import type { BottomUpContext, GenerateContext, LoadContext } from './context.ts';
import { checkStep, checkText } from './given.ts';
import type { ModuleTypeName } from './handle.ts';
import { checkKeys } from './known.ts';
import { nested, string, type Fields, type StringProperty } from '../property/property.ts';
import type { ValuesOf } from '../property/value.ts';

/** Properties that every module has. */
export type CommonFields = { readonly name: StringProperty };

const COMMON: CommonFields = {
  name: string({ doc: 'The name of the module, by which others depend on it.' }),
};

/** A module type, whatever its properties. */
export interface ModuleType<TFields extends Fields = Fields> extends ModuleTypeName<TFields> {
  readonly doc: string;
  readonly load: ((context: LoadContext<ValuesOf<TFields>>) => void) | undefined;
  readonly dependencies: ((context: BottomUpContext<ValuesOf<TFields>>) => void) | undefined;
  readonly generate: ((context: GenerateContext<ValuesOf<TFields>>) => void) | undefined;
}

/** A module type with any properties: what it is called with is what its own schema made. */
export type AnyModuleType = {
  readonly [K in keyof ModuleType]: K extends 'load' | 'dependencies' | 'generate'
    ? ((context: never) => void) | undefined
    : ModuleType[K];
};

export interface ModuleTypeOptions<TFields extends Fields> {
  /** As it is written in files. */
  readonly name: string;
  /** One or more sentences for the reference, in Markdown. */
  readonly doc?: string;
  readonly properties?: TFields;
  /** Runs when the module has been read, before it is registered. */
  readonly load?: (context: LoadContext<ValuesOf<TFields & CommonFields>>) => void;
  /** Adds dependencies that no property of kind `moduleName` names. Runs before all mutators. */
  readonly dependencies?: (context: BottomUpContext<ValuesOf<TFields & CommonFields>>) => void;
  /** Makes build statements, once for every variant, dependencies before those that depend on them. */
  readonly generate?: (context: GenerateContext<ValuesOf<TFields & CommonFields>>) => void;
}

const OPTIONS = ['name', 'doc', 'properties', 'load', 'dependencies', 'generate'];

/** Defines a module type. Throws LogicError for options that there are not. */
export function moduleType<const TFields extends Fields>(
  options: ModuleTypeOptions<TFields>,
): ModuleType<TFields & CommonFields> {
  checkKeys(`module type ${JSON.stringify(options.name)}`, options, OPTIONS);
  const { name, doc = '', properties, load, dependencies, generate } = options;
  checkText('the name of a module type', name);
  for (const [step, given] of Object.entries({ load, dependencies, generate })) {
    checkStep(`${step} of module type ${JSON.stringify(name)}`, given);
  }
  const fields = { ...COMMON, ...properties } as TFields & CommonFields;
  return { kind: 'module type', name, doc, schema: nested(fields), load, dependencies, generate };
}
