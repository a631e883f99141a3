// One change of a definition often shows in several parts of a task's record: what a step is told of and what it
// is given, an output and the directory that it lies in. Leaves the part that tells most.
import { withoutDigests } from './leaves.ts';
import type { Cause } from './reason.ts';

/** Causes of one task without those that another of them tells as well. The order is kept. */
export function withoutRepeats(causes: readonly Cause[]): Cause[] {
  const whole = causes.filter((cause) => came(cause) || went(cause));
  if (whole.length === 0) return withoutRepeatedLines(causes);
  const moved = renumbered(whole);
  return withoutRepeatedLines(
    causes.filter((cause) => !moved.has(cause) && !isTold(cause, whole) && !isListOf(cause, whole)),
  );
}

function came({ old }: Cause): boolean {
  return old === undefined;
}

function went({ new: now }: Cause): boolean {
  return now === undefined;
}

function isTold(cause: Cause, whole: readonly Cause[]): boolean {
  if (!whole.includes(cause)) return false;
  return whole.some((other) => {
    if (other === cause || came(other) !== came(cause)) return false;
    if (isDirectoryOf(cause, other) || isOutputOf(cause, other)) return true;
    // The one whose place is known; of two the input, whose task is told; else the name that people use.
    if (isNamedBy(cause, other)) return other.at !== undefined;
    return isNamedBy(other, cause) && cause.at === undefined;
  });
}

/** A directory that is there for an output. */
function isDirectoryOf({ path }: Cause, output: Cause): boolean {
  if (!path.startsWith('directories.') || !output.path.startsWith('outputs.')) return false;
  const directory = path.slice('directories.'.length).replace(/\.writable$/, '');
  const at = output.new ?? output.old!;
  return at === directory || at.startsWith(`${directory}/`);
}

/** An output that is there for an entry of a step's parameters: a format, say. */
function isOutputOf({ path }: Cause, parameter: Cause): boolean {
  const name = parameter.new ?? parameter.old!;
  return parameter.path.startsWith('parameters.') && path === `outputs.${name}.at`;
}

/** An entry of a step's parameters that names an input: `ipk`, and what lies at `/pkg/in/ipk/`. */
function isNamedBy(parameter: Cause, input: Cause): boolean {
  if (!parameter.path.startsWith('parameters.') || !input.path.startsWith('inputs.')) return false;
  const name = parameter.new ?? parameter.old!;
  const at = input.path.indexOf(`/${name}`);
  return at !== -1 && /^([./]|$)/.test(input.path.slice(at + 1 + name.length));
}

/** A text that lists files beside it by name, one in a line, as far as these came and went. */
function isListOf({ path, old, new: now }: Cause, whole: readonly Cause[]): boolean {
  if (old === undefined || now === undefined || !path.startsWith('inputs./')) return false;
  const lines = changedLines(old, now);
  if (lines.size === 0) return false;
  const directory = directoryOf(path);
  const names = new Set(
    whole
      .filter((other) => directoryOf(other.path) === directory)
      .map((other) => {
        const name = withoutDigests(other.path.slice(directory.length));
        return `${came(other) ? '+' : '-'}${name}`;
      }),
  );
  return [...lines].every((line) => names.has(line));
}

/** With the slash at its end. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** `/pkg/patches/0002-b`: the directory, and the name without its number. */
const NUMBERED = /^(inputs\..*\/)\d+(\D[^/]*)$/;

/** Files that only have another number, because of one that came or went beside them. */
function renumbered(whole: readonly Cause[]): ReadonlySet<Cause> {
  const moved = new Set<Cause>();
  for (const old of whole.filter(went)) {
    const [, directory, name] = NUMBERED.exec(old.path) ?? [];
    if (directory === undefined) continue;
    const now = whole.find((cause) => {
      const [, to, as] = NUMBERED.exec(cause.path) ?? [];
      return to === directory && as === name && cause.new === old.old && !moved.has(cause);
    });
    if (now !== undefined) moved.add(old).add(now);
  }
  const others = new Set(
    whole.filter((cause) => !moved.has(cause)).map((cause) => directoryOf(cause.path)),
  );
  // Where nothing else came or went, the order is what changed.
  return new Set([...moved].filter((cause) => others.has(directoryOf(cause.path))));
}

/** A text whose changed lines are all in another one that changed tells nothing new. */
function withoutRepeatedLines(causes: readonly Cause[]): Cause[] {
  const told: Set<string>[] = [];
  return causes.filter(({ old, new: now }) => {
    if (old === undefined || now === undefined || !now.includes('\n')) return true;
    const lines = changedLines(old, now);
    if (told.some((other) => [...lines].every((line) => other.has(line)))) return false;
    told.push(lines);
    return true;
  });
}

function changedLines(old: string, now: string): Set<string> {
  const bare = (text: string): string[] =>
    text.split('\n').map((line) => withoutDigests(line).trim().replace(/,$/, ''));
  const before = new Set(bare(old));
  const after = new Set(bare(now));
  const gone = [...before].filter((line) => !after.has(line)).map((line) => `-${line}`);
  const added = [...after].filter((line) => !before.has(line)).map((line) => `+${line}`);
  return new Set([...gone, ...added]);
}
