// Goes back to a generation that was current before: one link is renamed, nothing is built, so that it
// works when little else does.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { definitionError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { outcome, type Activation } from './activation.ts';
import {
  cleanUp,
  clearLeftovers,
  currentGeneration,
  readGenerations,
  returnTo,
  type Generation,
} from './generation.ts';
import { changing, guarded, type ChangeOptions, type Root } from './root.ts';

export interface RollbackOptions extends ChangeOptions {
  /** Generation to go to; the one before the current one unless given. */
  readonly to?: number | undefined;
}

/**
 * Goes back to an earlier generation, as it was. Error codes `install/not-active`, `install/no-previous`,
 * `install/no-generation`, and `install/incomplete-generation` when packages of it are gone.
 */
export async function rollback(
  root: Root,
  options: RollbackOptions = {},
): Promise<Result<Activation>> {
  return changing(root, options, () =>
    guarded(root, 'roll back in', () => {
      // First of all, so that nothing of a killed run can be a target.
      clearLeftovers(root);
      const before = currentGeneration(root);
      const target = rollbackTarget(root, before, options.to);
      if (!target.ok) return target;
      const { number, packages } = target.value;
      const gone = packages.filter(
        (id) => lstatSync(join(root.packages, id), { throwIfNoEntry: false }) === undefined,
      );
      if (gone.length > 0) return failed(incomplete(number, gone));
      if (number !== before?.number) {
        try {
          returnTo(root, number);
        } catch (error) {
          cleanUp(root);
          throw error;
        }
      }
      return ok(outcome(before, number, packages, []));
    }),
  );
}

function rollbackTarget(
  root: Root,
  before: Generation | undefined,
  to: number | undefined,
): Result<Generation> {
  const generations = readGenerations(root);
  const hint =
    generations.length === 0
      ? 'activate packages first'
      : `generations that are there: ${generations.map(({ number }) => number).join(', ')}`;
  const number = to ?? before?.previous;
  const found = generations.find((each) => each.number === number);
  if (found !== undefined) return ok(found);
  if (to === undefined) {
    const [code, message] =
      before === undefined
        ? ['install/not-active', `nothing is active in ${root.path}`]
        : ['install/no-previous', `no generation before ${before.number} is kept in ${root.path}`];
    return failed(definitionError({ code, message, hint }));
  }
  return failed(
    definitionError({
      code: 'install/no-generation',
      message: `there is no generation ${to} in ${root.path}`,
      hint,
    }),
  );
}

function incomplete(number: number, gone: readonly string[]): Diagnostic {
  return definitionError({
    code: 'install/incomplete-generation',
    message: `generation ${number} needs ${gone.join(', ')}, which the repository no longer has`,
    hint: 'install what is missing, then try again',
  });
}
