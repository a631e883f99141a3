// Checks tasks that are steps before anything runs: what the step needs, how it compresses, and whether it
// can say what the package is. Steps themselves may rely on it.
import type { Report } from '../declaration.ts';
import type { OrderedTask } from '../order.ts';
import type { TaskValues } from '../properties.ts';
import type { StepKind } from './kind.ts';
import { FETCH, FETCH_NEEDS, STEPS } from './registry.ts';

/**
 * A task with a script is no step, whatever it says. `outputs` are those of all tasks that the package has:
 * name → path.
 */
export function checkStep(
  { name, values: task }: OrderedTask,
  version: string,
  outputs: ReadonlyMap<string, string>,
  problem: Report,
): void {
  if (task.script !== undefined || task.step === undefined) {
    checkCompression(name, task, [], problem);
    return;
  }
  const kind = STEPS[task.step]!;
  const needs = kind === FETCH ? FETCH_NEEDS : kind.needs;
  if (needs.each !== undefined && task.each !== needs.each) {
    const message = `the step "${task.step}" is for one ${needs.each} at a time`;
    problem(`tasks.${name}.step`, message, `say each: "${needs.each}"`);
  }
  if (needs.input === true) checkInput(name, task, outputs, problem);
  if (needs.output !== undefined) checkOutput(name, task, needs.output, problem);
  const { codecs = [], unable }: Partial<StepKind> = kind === FETCH ? {} : kind;
  checkCompression(name, task, codecs, problem);
  const refused = unable?.(version);
  if (refused !== undefined) problem('version', refused.message, refused.hint);
}

function checkInput(
  name: string,
  { step, uses: [first] }: TaskValues,
  outputs: ReadonlyMap<string, string>,
  problem: Report,
): void {
  if (first === undefined) {
    const message = `the step "${step}" works on what another task leaves, but "${name}" uses nothing`;
    problem(`tasks.${name}.step`, message, 'name an output of another task in "uses"');
    return;
  }
  const path = outputs.get(first);
  if (path === undefined) {
    const message = `the step "${step}" works on the output "${first}", whose task the package does not have`;
    problem(
      `tasks.${name}.uses`,
      message,
      `leave out "${name}" as well, or let another task have it`,
    );
  } else if (!path.endsWith('/')) {
    const message = `the step "${step}" works on the first output that it uses, but "${first}" is a file`;
    problem(`tasks.${name}.uses`, message, 'name one that is a directory before it');
  }
}

function checkOutput(
  name: string,
  { step, outputs }: TaskValues,
  kind: 'file' | 'tree',
  problem: Report,
): void {
  const made = Object.entries(outputs).filter(([, path]) => path !== undefined && path !== '');
  const what = kind === 'tree' ? 'a directory, whose path ends in /' : 'a file';
  const [only, second] = made;
  if (only === undefined || second !== undefined) {
    const found = made.length === 0 ? 'none' : made.map(([one]) => one).join(' and ');
    problem(
      `tasks.${name}.outputs`,
      `the step "${step}" makes one output, found ${found}`,
      `it is ${what}`,
    );
  } else if (only[1]!.endsWith('/') !== (kind === 'tree')) {
    problem(`tasks.${name}.outputs.${only[0]}`, `the output of the step "${step}" is ${what}`);
  }
}

function checkCompression(
  name: string,
  { compression }: TaskValues,
  codecs: NonNullable<StepKind['codecs']>,
  problem: Report,
): void {
  if (compression === undefined || codecs.includes(compression)) return;
  const none = codecs.length === 0;
  problem(
    `tasks.${name}.compression`,
    none
      ? `the task "${name}" compresses nothing that could be compressed otherwise`
      : `the task "${name}" cannot compress with ${compression}`,
    none ? undefined : `it can with ${codecs.join(', ')}`,
  );
}
