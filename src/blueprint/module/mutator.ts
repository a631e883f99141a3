// Mutators: steps that see every module once, in the order of dependencies, and may split, connect,
// rename and extend them. Definitions only.
import type { BottomUpContext, ModuleContext, MutatingContext, TopDownContext } from './context.ts';
import { checkStep, checkText } from './given.ts';
import type { DependencyTag, Module } from './handle.ts';
import { checkKeys } from './known.ts';

export type Mutator = BottomUpMutator | TopDownMutator | TransitionMutator;

/** Runs on dependencies before those that depend on them. */
export interface BottomUpMutator {
  readonly kind: 'bottom up';
  readonly name: string;
  readonly mutate: (context: BottomUpContext) => void;
}

/** Runs on modules before their dependencies. */
export interface TopDownMutator {
  readonly kind: 'top down';
  readonly name: string;
  readonly mutate: (context: TopDownContext) => void;
}

/**
 * Splits modules so that every variation that something depends on exists: what a module has of its
 * own accord, and what comes to it along dependencies, also those added later.
 */
export interface TransitionMutator extends TransitionSteps {
  readonly kind: 'transition';
  readonly name: string;
}

export interface TransitionSteps {
  /** Variations that the module has in any case; `['']` for none of its own. At least one. */
  readonly split: (context: ModuleContext) => readonly string[];
  /** Which variation a module of this variation wants of a dependency; the same one unless given. */
  readonly outgoing?: (context: OutgoingContext, variation: string) => string;
  /** Which variation a module has for those that want this one; the same one unless given. */
  readonly incoming?: (context: ModuleContext, variation: string) => string;
  /** Runs on every variant after the split. */
  readonly mutate?: (context: MutatingContext, variation: string) => void;
}

export interface OutgoingContext extends ModuleContext {
  readonly tag: DependencyTag;
  readonly dependency: Module;
}

export function bottomUp(name: string, mutate: BottomUpMutator['mutate']): BottomUpMutator {
  checkMutator(name, mutate);
  return { kind: 'bottom up', name, mutate };
}

export function topDown(name: string, mutate: TopDownMutator['mutate']): TopDownMutator {
  checkMutator(name, mutate);
  return { kind: 'top down', name, mutate };
}

const STEPS = ['split', 'outgoing', 'incoming', 'mutate'] as const;

function checkMutator(name: string, mutate: unknown): void {
  checkText('the name of a mutator', name);
  checkStep(`what mutator ${JSON.stringify(name)} does`, mutate ?? null);
}

/** Throws LogicError for steps that there are not. */
export function transition(name: string, steps: TransitionSteps): TransitionMutator {
  checkText('the name of a transition', name);
  const what = `transition ${JSON.stringify(name)}`;
  checkKeys(what, steps, STEPS);
  checkStep(`the split of ${what}`, steps.split ?? null);
  for (const step of STEPS) checkStep(`${step} of ${what}`, steps[step]);
  return { kind: 'transition', name, ...steps };
}
