// Variants of C modules: a worked example of a transition. A module is made once for each of its `archs`,
// and libraries are made once more for what is wanted of them by those that link them.
import { transition, type Condition, type Logic } from '../api.ts';
import { ccProperties, libraryTag } from './cc.ts';

const arch: Condition = (context) => context.module.variation('arch');

export const archLogic: Logic = {
  mutators: [
    transition('arch', {
      split: (ctx) => {
        const archs = ctx.as(ccProperties)?.archs ?? [];
        return archs.length === 0 ? [''] : archs;
      },
      // Tools, sources and defaults are the same for all.
      outgoing: (ctx, variation) => (ctx.tag === libraryTag ? variation : ''),
      incoming: (ctx, variation) => (ctx.module.has(ccProperties) ? variation : ''),
    }),
  ],
  /** `select(arch(), …)`: undefined in modules that are not split. */
  conditions: { arch },
};
