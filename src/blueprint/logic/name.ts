// Modules' names as targets: `ninja hello` builds all variants of the module `hello`.
import { phonyRule, provider, type GenerateContext } from '../api.ts';
import { literal, stock } from './package.ts';

/** What building a module means: plain paths. */
export const outputsProvider = provider<readonly string[]>('outputs');

/** Says what building the module means. To be called once for every variant. */
export function setOutputs(context: GenerateContext<unknown>, outputs: readonly string[]): void {
  context.set(outputsProvider, outputs);
  const variants = context.variants();
  // The last variant sees what all others said.
  if (context.module !== variants.at(-1)) return;
  const all = variants.flatMap((variant) =>
    variant === context.module ? outputs : (context.get(variant, outputsProvider) ?? []),
  );
  const name = literal([context.name]);
  if (all.includes(context.name)) return;
  context.build(stock, { rule: phonyRule, outputs: name, inputs: literal(all), optional: true });
}
