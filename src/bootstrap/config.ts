// What the bootstrap's module types are told from outside: which of the three manifests is being made, and
// where everything is. It travels as the engine's configuration, beside what the stock module types are told.
import type { StockConfig } from '../blueprint/logic/config.ts';

/**
 * The stages run one after the other. Each manifest builds the modules of its stage, and what makes the
 * next manifest: *bootstrap* builds `minibp`, *primary* the primary builder, *main* everything else.
 */
export const STAGES = ['bootstrap', 'primary', 'main'] as const;
export type Stage = (typeof STAGES)[number];

/** Whether the first stage runs before the second. */
export function isEarlier(a: Stage, b: Stage): boolean {
  return STAGES.indexOf(a) < STAGES.indexOf(b);
}

export interface BootstrapConfig extends StockConfig {
  readonly bootstrap: BootstrapSettings;
}

/** Paths are relative to the source root, in which all stages run, or absolute. They are plain, not Ninja strings. */
export interface BootstrapSettings {
  /** Which manifest is being made. Of *bootstrap*, it is the template. */
  readonly stage: Stage;
  readonly buildDir: string;
  /** The top Blueprints file. */
  readonly topFile: string;
  /** The template in the tree; undefined where Ashlar is installed, and makes it from nothing. */
  readonly template: string | undefined;
  /** The command that fills in a template: words for a shell. It is called with `-i TEMPLATE`. */
  readonly bootstrap: string;
  /** Run the modules' tests, and build nothing that depends on one that fails. */
  readonly runTests: boolean;
  /**
   * What plays the parts of `minibp` and of the primary builder where the tree has no module for them:
   * words for a shell. Undefined in a tree that must have both, being Ashlar itself.
   */
  readonly engine: string | undefined;
  /** Programs and directories of the machine, by the name that stands for them in templates: `Node`. */
  readonly tools: Readonly<Record<string, string>>;
}

/** The configuration as a module type's context gives it. */
export function bootstrapOf(config: unknown): BootstrapSettings {
  return (config as BootstrapConfig).bootstrap;
}
