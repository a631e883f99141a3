// Singletons: steps that run once, after all modules, and see them all.
import type { SingletonContext } from './context.ts';
import { checkStep, checkText } from './given.ts';

export interface Singleton {
  readonly kind: 'singleton';
  readonly name: string;
  readonly generate: (context: SingletonContext) => void;
}

export function singleton(name: string, generate: Singleton['generate']): Singleton {
  checkText('the name of a singleton', name);
  checkStep(`what singleton ${JSON.stringify(name)} does`, generate ?? null);
  return { kind: 'singleton', name, generate };
}
