// `cc_binary`: a program in C; and linking, which tests share.
import { moduleType, type GenerateContext } from '../api.ts';
import { addCcDependencies, ccFields, compile, words, type CcValues } from './cc.ts';
import { setOutputs } from './name.ts';
import { linkRule, literal, stock } from './package.ts';
import { programProvider } from './program.ts';

export const ccBinary = moduleType({
  name: 'cc_binary',
  doc: 'A program in C.',
  properties: ccFields,
  dependencies: addCcDependencies,
  generate(ctx) {
    const { program, sources } = link(ctx, 'bin', false);
    ctx.set(programProvider, { path: program });
    setOutputs(ctx, [program], sources);
  },
});

/** Makes the statements of a program, and returns its path and its sources. */
export function link(
  ctx: GenerateContext<CcValues>,
  kind: string,
  optional: boolean,
): { readonly program: string; readonly sources: readonly string[] } {
  const { objects, sources, used, ldflags, variantDirectory } = compile(ctx);
  const program = `${variantDirectory(kind)}/${ctx.name}`;
  if (objects.length === 0) ctx.propertyError('srcs', 'a program needs at least one source');
  const libs = [...ctx.properties.libs, ...used.libs].map((name) => `-l${name}`);
  ctx.build(stock, {
    rule: linkRule,
    outputs: literal([program]),
    inputs: literal([...objects, ...used.archives]),
    args: { flags: words(ldflags), libs: words(libs) },
    optional,
  });
  return { program, sources };
}
