// Modules' names as targets: `ninja hello` builds all variants of the module `hello`.
import { phonyRule, provider, type GenerateContext } from '../api.ts';
import { literal, stock } from './package.ts';

/** What building a module means: plain paths. */
export const outputsProvider = provider<readonly string[]>('outputs');

/** Set where a module's name is no target, because it is that of a file which the module is made from. */
export const namesakeProvider = provider<boolean>('namesake');

/**
 * Says what building the module means, and which files that takes. To be called once for every variant. A module that is
 * made from a file of its own name is no target: for Ninja that would be the file, made from itself.
 */
export function setOutputs(
  context: GenerateContext<unknown>,
  outputs: readonly string[],
  uses: readonly string[] = [],
): void {
  context.set(outputsProvider, outputs);
  const isNamesake = uses.includes(context.name);
  if (isNamesake) context.set(namesakeProvider, true);
  const variants = context.variants();
  // The last variant sees what all others said.
  if (context.module !== variants.at(-1)) return;
  const all = variants.flatMap((variant) =>
    variant === context.module ? outputs : (context.get(variant, outputsProvider) ?? []),
  );
  const name = literal([context.name]);
  if (isNamesake || all.includes(context.name)) return;
  if (variants.some((one) => one !== context.module && context.get(one, namesakeProvider))) return;
  context.build(stock, { rule: phonyRule, outputs: name, inputs: literal(all), optional: true });
}
