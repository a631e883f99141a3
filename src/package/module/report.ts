// What is wrong with what a script reaches, as diagnostics at the properties it comes from.
import { definitionError, didYouMean, warning, type Collector } from '../../base/diagnostic.ts';
import type { PackageDeclaration } from './declaration.ts';
import { placeOf } from './place.ts';
import type { ReachProblem } from './reach.ts';

/** `property` is where the text itself is written. Mistakes in values were told with the definition. */
export function reportReach(
  problems: readonly ReachProblem[],
  declaration: PackageDeclaration,
  property: string,
  out: Collector,
): void {
  const names = Object.keys(declaration.values.variables);
  for (const problem of problems) {
    if (problem.kind === 'syntax') {
      const { of, message, line } = problem;
      out.add(
        definitionError({
          code: 'shell/syntax',
          message: `${of === undefined ? 'the script' : `the function ${of}`} of ${declaration.name} is no bash, in line ${line}: ${message}`,
          at: placeOf(declaration, of === undefined ? property : `functions.${of}`),
        }),
      );
    } else if (problem.kind === 'unclosed') {
      const { delimiter, line } = problem;
      out.add(
        warning({
          code: 'shell/here-document',
          message: `in the script of ${declaration.name}, the here-document of line ${line} ends with the script: no line is just ${JSON.stringify(delimiter)}`,
          at: placeOf(declaration, property),
          hint: `close it with ${delimiter} at the beginning of a line (behind <<- tabs may stand before it, blanks may not)`,
        }),
      );
    } else if (problem.kind === 'unknown' && !names.includes(problem.of)) {
      out.add(
        definitionError({
          code: 'package/property',
          message: `"${problem.of}" refers to ${problem.name}, which is not set`,
          at: placeOf(declaration, property),
          hint: didYouMean(problem.name, names),
        }),
      );
    }
  }
}
