// `unpack`: the sources, in the work tree. Laying them in is all there is to do.
import { ok } from '../../../base/diagnostic.ts';
import type { StepKind } from './kind.ts';

export const unpack: StepKind = {
  version: 1,
  needs: {},
  prepare: () => ({ parameters: {}, run: () => Promise.resolve(ok(undefined)) }),
};
