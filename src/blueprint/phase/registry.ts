// The build logic of one engine: what was registered, under which names. Names may not repeat.
import { LogicError } from '../module/exception.ts';
import { checkStep } from '../module/given.ts';
import type { AnyModuleType, Condition, Logic } from '../module/logic.ts';
import type { Mutator } from '../module/mutator.ts';
import type { Singleton } from '../module/singleton.ts';

export class Registry {
  readonly moduleTypes = new Map<string, AnyModuleType>();
  readonly earlyMutators: Mutator[] = [];
  readonly mutators: Mutator[] = [];
  readonly singletons: Singleton[] = [];
  readonly conditions: Record<string, Condition> = Object.create(null) as Record<string, Condition>;

  /** Throws LogicError for names that are taken. */
  add(logic: Logic): void {
    for (const type of logic.moduleTypes ?? []) this.#addModuleType(type);
    for (const mutator of logic.earlyMutators ?? []) this.#add(mutator, this.earlyMutators);
    for (const mutator of logic.mutators ?? []) this.#add(mutator, this.mutators);
    for (const singleton of logic.singletons ?? []) this.#addSingleton(singleton);
    for (const [name, condition] of Object.entries(logic.conditions ?? {})) {
      if (name in this.conditions) throw new LogicError(`condition ${name} is already registered`);
      checkStep(`condition ${name}`, condition ?? null);
      this.conditions[name] = condition;
    }
  }

  #addModuleType(type: AnyModuleType): void {
    if (this.moduleTypes.has(type.name)) {
      throw new LogicError('module type name is already registered');
    }
    this.moduleTypes.set(type.name, type);
  }

  #add(mutator: Mutator, into: Mutator[]): void {
    if ([...this.earlyMutators, ...this.mutators].some(({ name }) => name === mutator.name)) {
      throw new LogicError(`mutator name ${mutator.name} is already registered`);
    }
    into.push(mutator);
  }

  #addSingleton(singleton: Singleton): void {
    if (this.singletons.some(({ name }) => name === singleton.name)) {
      throw new LogicError('singleton name is already registered');
    }
    this.singletons.push(singleton);
  }
}
