// `cc_test`: a program in C that tests something; `ninja check` runs all of them.
import { moduleType, phonyRule, provider, singleton } from '../api.ts';
import { addCcDependencies, ccFields } from './cc.ts';
import { link } from './cc-binary.ts';
import { setOutputs } from './name.ts';
import { literal, stock, testRule } from './package.ts';

/** The file that is made when a test has passed. */
const passedProvider = provider<string>('passed', { persistent: true });

export const ccTest = moduleType({
  name: 'cc_test',
  doc: 'A program in C that tests something. `ninja check` runs those whose inputs changed.',
  properties: ccFields,
  dependencies: addCcDependencies,
  generate(ctx) {
    const { program, sources } = link(ctx, 'test', true);
    const passed = `${program}.passed`;
    ctx.build(stock, {
      rule: testRule,
      outputs: literal([passed]),
      inputs: literal([program]),
      optional: true,
    });
    ctx.set(passedProvider, passed);
    setOutputs(ctx, [passed], sources);
  },
});

export const check = singleton('check', (ctx) => {
  const passed = ctx.collected(passedProvider).map(({ value }) => value);
  ctx.build(stock, {
    rule: phonyRule,
    outputs: ['check'],
    inputs: literal(passed),
    optional: true,
  });
});
