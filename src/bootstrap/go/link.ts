// Linking Go programs.
import type { GenerateContext } from '../../blueprint/api.ts';
import { flags, type BuildPath, type GoPackage } from './compile.ts';
import { goPackage, linkRule } from './rules.ts';

export interface Linked {
  /** What holds the program's own package, main. */
  readonly archive: BuildPath;
  readonly program: BuildPath;
  /** All packages that are linked with it. */
  readonly used: readonly GoPackage[];
}

/**
 * Makes the statement that links a program. The packages are no inputs of it: main is compiled again whenever
 * one of them is.
 */
export function link(ctx: GenerateContext<unknown>, { archive, program, used }: Linked): void {
  ctx.build(goPackage, {
    rule: linkRule,
    outputs: [program.path],
    inputs: [archive.path],
    args: flags('libDirFlags', '-L', used),
  });
}
