// Which stage a module belongs to: it is built in the earliest stage of anything that depends on it. And
// where it is built.
import {
  bottomUp,
  dependencyTag,
  provider,
  topDown,
  type GenerateContext,
  type Logic,
  type Module,
  type MutatingContext,
} from '../blueprint/api.ts';
import { bootstrapOf, isEarlier, type Stage } from './config.ts';

/** What a module uses: packages of its language. The tag of the property `deps`. */
export const usesTag = dependencyTag('uses');

/** From a binary to a package that names it in `pluginFor`. */
export const pluginTag = dependencyTag('plugin');

const stageProvider = provider<Stage>('bootstrap_stage', { mutator: 'bootstrap_stage' });

/** The stage of a module type's own; packages only follow those that use them. */
const OWN_STAGE: Readonly<Record<string, Stage>> = {
  package: 'main',
  core: 'bootstrap',
  binary: 'primary',
  tool: 'main',
};

/** What a module type of a language is: the part of its name that is not the language's. */
export type Role = 'package' | 'core' | 'binary' | 'tool';

/** `bootstrap_ts_package`, `bootstrap_core_ts_binary`, `bootstrap_ts_binary`, `blueprint_ts_binary`. */
export function typeName(language: string, role: Role): string {
  switch (role) {
    case 'package':
      return `bootstrap_${language}_package`;
    case 'core':
      return `bootstrap_core_${language}_binary`;
    case 'binary':
      return `bootstrap_${language}_binary`;
    case 'tool':
      return `blueprint_${language}_binary`;
  }
}

/** Role of a module, by the name of its type; undefined for all that is not of the bootstrap. */
export function roleOf(module: Module): Role | undefined {
  const name = module.typeName;
  if (/^bootstrap_core_\w+_binary$/.test(name)) return 'core';
  if (/^bootstrap_\w+_binary$/.test(name)) return 'binary';
  if (/^bootstrap_\w+_package$/.test(name)) return 'package';
  return /^blueprint_\w+_binary$/.test(name) ? 'tool' : undefined;
}

export const stageLogic: Logic = {
  mutators: [
    bottomUp('bootstrap_plugins', (ctx) => {
      const names = (ctx.properties['pluginFor'] ?? []) as readonly string[];
      if (roleOf(ctx.module) !== 'package') return;
      for (const name of names) ctx.addReverseDependency(pluginTag, name);
    }),
    topDown('bootstrap_stage', (ctx) => {
      const role = roleOf(ctx.module);
      if (role === undefined) return;
      let stage = OWN_STAGE[role]!;
      for (const { module } of ctx.directDependers()) {
        if (roleOf(module) === undefined) continue;
        const other = ctx.get(module, stageProvider)!;
        if (isEarlier(other, stage)) stage = other;
      }
      checkPlugins(ctx, stage);
      ctx.set(stageProvider, stage);
    }),
  ],
};

function checkPlugins(ctx: MutatingContext, stage: Stage): void {
  if (stage !== 'bootstrap') return;
  for (const { module, tag } of ctx.directDependencies()) {
    if (tag === pluginTag) {
      ctx.error(`it is built in the bootstrap stage, and cannot have the plugin "${module.name}"`);
    }
  }
}

/** Where a module is built. Paths are Ninja strings of a scope that imports the bootstrap's package. */
export interface Placement {
  readonly stage: Stage;
  /** Whether the manifest that is being made is the one that builds it: make statements only then. */
  readonly builtHere: boolean;
  /** The directory of all that is made of the module, except for its program. */
  readonly directory: string;
  /** Where its program goes, if it is a binary. */
  readonly program: string;
  /** Whether its tests are to be run. */
  readonly runTests: boolean;
}

/** Where a module is built, asked by its own `generate`. */
export function placementOf(ctx: GenerateContext<unknown>): Placement {
  const stage = ctx.get(ctx.module, stageProvider)!;
  const { stage: current, runTests } = bootstrapOf(ctx.config);
  const bootstrapDir = '${bootstrap.BuildDir}/.bootstrap';
  return {
    stage,
    builtHere: stage === current,
    directory: `${bootstrapDir}/${ctx.name}`,
    program:
      stage === 'main'
        ? `\${bootstrap.BuildDir}/bin/${ctx.name}`
        : `${bootstrapDir}/bin/${ctx.name}`,
    runTests,
  };
}
