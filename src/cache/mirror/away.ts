// A mirror that must not be asked: a build without a network keeps what it made for it, under the name that the mirror
// has when it can be reached.
import { MirrorFault, type Mirror } from './port.ts';

export function mirrorAway(name: string): Mirror {
  const refuse = (): Promise<never> =>
    Promise.reject(new MirrorFault('lasting', 'it is not to be asked'));
  return {
    name,
    entry: refuse,
    read: refuse,
    has: refuse,
    putBlob: refuse,
    putEntry: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
