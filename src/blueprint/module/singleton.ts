// Singletons: steps that run once, after all modules, and see them all.
import type { SingletonContext } from './context.ts';

export interface Singleton {
  readonly kind: 'singleton';
  readonly name: string;
  readonly generate: (context: SingletonContext) => void;
}

export function singleton(name: string, generate: Singleton['generate']): Singleton {
  return { kind: 'singleton', name, generate };
}
