// Takes what the modules of a tree declare to be packages and images, from whoever runs the module engine.
import { singleton, type Logic } from '../../blueprint/api.ts';
import { imageProvider, packageProvider, type Declared } from './declared.ts';

/**
 * Logic that takes what the modules of a tree declare, once they have generated. Not called where nothing of
 * the tree was analysed.
 */
export function declarationsLogic(take: (declared: Declared) => void): Logic {
  const collector = singleton('ashlar_packages', (context) =>
    take({
      packages: context.collected(packageProvider).flatMap(({ value }) => value),
      images: context.collected(imageProvider).map(({ value }) => value),
    }),
  );
  return { singletons: [collector] };
}
