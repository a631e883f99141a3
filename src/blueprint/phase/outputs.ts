// Who makes which file: two statements for one output are a mistake, and Ninja, which refuses them too, cannot say
// where they come from. Between runs outputs are remembered by 32 bits each: enough to see that one may be taken.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import { cleanPath } from '../glob/path.ts';
import { shown } from '../module/pass.ts';
import type { Group, Variant } from '../module/variant.ts';

/** What makes an output: a variant, or a singleton by its name. */
export type Maker = Variant | string;

const NONE = new Int32Array();

export class Outputs {
  readonly #makers = new Map<string, Maker>();
  readonly #marks = new Map<Group | undefined, number[]>();

  /** Notes an output, as Ninja sees it. Returns what is wrong with it. Error code `ninja/duplicate-output`. */
  add(output: string, maker: Maker): Diagnostic | undefined {
    // Ninja takes paths for the same that lead to the same place.
    const path = /^\.|\/\.|\/\/|\/$/.test(output) ? cleanPath(output) : output;
    const other = this.#makers.get(path);
    if (other !== undefined) return duplicate(path, other, maker);
    this.#makers.set(path, maker);
    const group = typeof maker === 'string' ? undefined : maker.group;
    const marks = this.#marks.get(group);
    if (marks === undefined) this.#marks.set(group, [markOf(path)]);
    else marks.push(markOf(path));
    return undefined;
  }

  /** A module's outputs, all variants together; without a module those of singletons. */
  marksOf(group: Group | undefined): ArrayLike<number> {
    return this.#marks.get(group) ?? NONE;
  }
}

/** FNV-1a. */
function markOf(path: string): number {
  let mark = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) {
    mark = Math.imul(mark ^ path.charCodeAt(at), 0x01000193);
  }
  return mark;
}

function duplicate(path: string, first: Maker, second: Maker): Diagnostic {
  const same = first === second;
  return definitionError({
    code: 'ninja/duplicate-output',
    message: same
      ? `${nameOf(second)} makes ${path} twice`
      : `${nameOf(second)} makes ${path}, which ${nameOf(first)} makes too`,
    at: placeOf(second),
    notes: same
      ? []
      : [{ message: `${nameOf(first)} is defined here`, at: placeOf(first) }].filter(
          ({ at }) => at !== undefined,
        ),
    hint: 'only one statement can make a file: give one of them another name',
  });
}

function nameOf(maker: Maker): string {
  if (typeof maker === 'string') return `singleton ${maker}`;
  return shown(maker);
}

function placeOf(maker: Maker): Diagnostic['at'] {
  return typeof maker === 'string' ? undefined : maker.group.place;
}
