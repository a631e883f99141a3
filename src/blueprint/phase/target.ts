// What a manifest builds: outputs as Ninja sees them, with all variables replaced.
import { evaluateText } from '../ninja/live.ts';
import { namePackages, ruleName } from '../ninja/names.ts';
import type { Graph } from '../module/graph.ts';
import type { Actions } from '../module/variant.ts';
import type { Prepared } from './prepare.ts';

/** Output → name of its rule, for explicit and implicit outputs. */
export function targetsOf(graph: Graph, { live, singletons }: Prepared): Map<string, string> {
  const names = namePackages(live.packages);
  const targets = new Map<string, string>();
  const add = ({ statements }: Actions): void => {
    for (const { rule, outputs, implicitOutputs } of statements) {
      for (const output of [...outputs, ...implicitOutputs]) {
        targets.set(evaluateText(output, live), ruleName(rule, names));
      }
    }
  };
  for (const { actions } of graph.order) if (actions !== undefined) add(actions);
  for (const { actions } of singletons) add(actions);
  return targets;
}
