// What a manifest builds: outputs as Ninja sees them, with all variables replaced.
import { ruleName } from '../ninja/names.ts';
import type { Prepared } from './prepare.ts';

/** Output → name of its rule, for explicit and implicit outputs. */
export function targetsOf({ live, names, targets }: Prepared): Map<string, string> {
  return new Map(targets.map(({ output, rule }) => [live.evaluate(output), ruleName(rule, names)]));
}
