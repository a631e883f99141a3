// What the bootstrap knows of a language: TypeScript is one (ts/), Go another (go/).
//
// How a language plugs in. It has four module types, whose names `typeName` gives: packages, core binaries
// (which make the first stage's programs), binaries (of which one may be the primary builder), and tools (which
// the tree's users are given). Each is an ordinary `moduleType`, with the properties below beside those of its own.
// Its `generate`
//
//   1. asks `placementOf(ctx)` where the module is built;
//   2. makes its statements if `builtHere` is true, and none otherwise: what other stages build is there when
//      this one runs, so it may be named as an input all the same. Paths are Ninja strings that begin with
//      `${bootstrap.BuildDir}`, so its package context imports `bootstrapPackage`. Values of the machine are
//      defined by `machineVariable`: in the template they are `@@Name@@`, and `Machine.find` says what they are;
//   3. calls `announce(ctx, …)`, in every stage, with what others need: programs, tests, whether it is the builder.
//
// Everything else follows: which stage builds what, the rules that make the three manifests, the choice of
// the primary builder, `blueprint_tools`, gating on tests. A builder has the command line of options.ts, unless
// it announces that it is called as the original's were.
import {
  bool,
  list,
  moduleName,
  path,
  provider,
  string,
  type GenerateContext,
  type Logic,
} from '../blueprint/api.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Stage } from './config.ts';
import { usesTag } from './stage.ts';

export interface Language {
  /** As it is written in the names of module types. */
  readonly name: string;
  /** Its four module types, and whatever else it needs. */
  readonly logic: Logic;
  /** The values of the machine that its rules use, by the names that stand for them in templates. */
  readonly machine: Machine;
}

export interface Machine {
  readonly names: readonly string[];
  /**
   * What they are on this machine, for a tree at `source`. Names that are missing are errors only where
   * something is built with them.
   */
  readonly find: (
    source: string,
    env: NodeJS.ProcessEnv,
  ) => Readonly<Record<string, string | undefined>>;
  /** Why none of them was found, where something needs one: what to install. */
  readonly missing?: (env: NodeJS.ProcessEnv) => Diagnostic;
}

/** Properties of all module types of a language. */
export const commonFields = {
  deps: list(moduleName({ tag: usesTag }), { doc: 'Packages that it imports.' }),
  srcs: list(path(), { doc: 'Sources. Wildcards are allowed.' }),
  testSrcs: list(path(), {
    doc: 'Sources of its tests, which run where that was asked for. Wildcards are allowed.',
  }),
};

/** Properties of packages. */
export const packageFields = {
  ...commonFields,
  pluginFor: list(string(), {
    doc: 'Binaries that this package adds to, without their naming it.',
  }),
};

/** Properties of binaries; of those of the first and the last stage all but `primaryBuilder`. */
export const binaryFields = {
  ...commonFields,
  primaryBuilder: bool({ doc: 'It makes the main manifest. At most one binary of a tree does.' }),
};

/** What a bootstrap module is to the rest of the bootstrap. Texts are Ninja strings. */
export interface Announced {
  readonly kind: 'package' | 'binary';
  readonly stage: Stage;
  /** The program of a binary. */
  readonly program: string | undefined;
  /** Further files that the program consists of, where it is more than one. */
  readonly parts?: readonly string[];
  readonly primaryBuilder: boolean;
  /**
   * A builder that takes nothing but what the original's were given: `[-t] -b BUILDDIR -d DEPFILE -o MANIFEST
   * TOPFILE`, and `-b BUILDDIR -docs FILE TOPFILE`. It finds by itself what it must be run again for.
   */
  readonly asOriginal?: boolean;
  /** Files that are made when its tests have passed. None where tests are not to be run. */
  readonly tests: readonly string[];
}

export const announcedProvider = provider<Announced>('bootstrap', { persistent: true });

/** Says what a module is to the rest of the bootstrap. To be called once by each module's `generate`. */
export function announce(ctx: GenerateContext<unknown>, announced: Announced): void {
  ctx.set(announcedProvider, announced);
}
