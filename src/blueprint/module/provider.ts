// What modules tell each other: a typed value that a module sets once, while its mutator (or its own
// generate step) runs, and that others read after that. Values must not change once they are set.
import { shownKind } from '../ninja/name.ts';
import { LogicError } from './exception.ts';
import { checkText } from './given.ts';
import { checkKeys } from './known.ts';

/** A kind of information. Its identity is the object, its name is for messages. */
export interface Provider<T> {
  readonly kind: 'provider';
  readonly name: string;
  /** The mutator during which it is set; undefined for those set by generating. */
  readonly mutator: string | undefined;
  /** Kept between runs: values are plain JSON and the generator's `collected` gives them all. */
  readonly persistent: boolean;
  /** Never there; it makes the type parameter count. */
  readonly type?: T;
}

/** Any provider, whatever its type. */
export type AnyProvider = Provider<unknown>;

export interface ProviderOptions {
  /** Set while this mutator runs on the module. Without, while the module generates its actions. */
  readonly mutator?: string;
  /**
   * Values are plain JSON, and are kept between runs, so that singletons can have them all although
   * most modules were not analysed again.
   */
  readonly persistent?: boolean;
}

/** Names that were given so far, and those that were given more than once: what bears them cannot be told apart by them. */
const given = new Set<string>();
const repeated = new Set<string>();

/** Whether there are, in this process, several providers of a name. */
export function isRepeated(name: string): boolean {
  return repeated.has(name);
}

/** Throws LogicError for options that there are not. */
export function provider<T>(name: string, options: ProviderOptions = {}): Provider<T> {
  checkKeys(`provider ${JSON.stringify(name)}`, options, ['mutator', 'persistent']);
  const { mutator, persistent = false } = options;
  if (mutator !== undefined) checkText(`the mutator of provider ${JSON.stringify(name)}`, mutator);
  if (typeof persistent !== 'boolean') {
    const what = `whether provider ${JSON.stringify(name)} is persistent`;
    throw new LogicError(`${what} is neither true nor false but ${shownKind(persistent)}`);
  }
  if (given.has(name)) repeated.add(name);
  given.add(name);
  return { kind: 'provider', name, mutator, persistent };
}

/** Values that came frozen, and whose insides are frozen too by now. */
const looked = new WeakSet<object>();

/**
 * Makes plain data immutable, all the way down. Maps, sets and objects of classes are left alone: their
 * authors see to that.
 */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.isFrozen(value)) {
    // Whoever froze it may have left what is inside as it was.
    if (looked.has(value)) return value;
    looked.add(value);
  }
  if (Array.isArray(value)) {
    Object.freeze(value);
    for (let i = 0; i < value.length; i++) freeze(value[i]);
    return value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  Object.freeze(value);
  for (const key in value) freeze(value[key]);
  return value;
}
