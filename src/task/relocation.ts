// A directory that is another one now, such as the root that packages are installed below, shows in many
// values of a record. Told once: what differs in nothing but that path follows from it.
import type { Cause } from './reason.ts';

/** What names the path itself, the most telling first. */
const NAMES = ['variables.ROOT', 'variables.PREFIX', 'parameters.root', 'parameters.prefix'];

/** What says the version that outputs are named after. */
const VERSIONS = /^(parameters\.(control\.)?version|variables\.VERSION)$/i;

/** Causes without those that only repeat that a path, or a version, is another one. The order is kept. */
export function withoutRelocated(causes: readonly Cause[]): Cause[] {
  const versions = causes.filter(({ path }) => VERSIONS.test(path));
  const isNamedAfter = ({ path, old, new: now }: Cause): boolean =>
    path.startsWith('outputs.') &&
    versions.some((version) => old?.replaceAll(version.old ?? '', version.new ?? '') === now);
  let left = versions.length === 0 ? [...causes] : causes.filter((cause) => !isNamedAfter(cause));
  for (const [old, now] of relocations(causes)) {
    const explained = left.filter((cause) => isExplained(cause, left, old, now));
    if (explained.length < 2 && !NAMES.includes(explained[0]?.path ?? '')) continue;
    const gone = new Set(explained);
    const at = left.indexOf(explained[0]!);
    const told = principal(explained, old, now);
    left = left.flatMap((cause, index) => {
      if (index === at) return [told];
      return gone.has(cause) ? [] : [cause];
    });
  }
  return left;
}

/** Pairs of paths that a root, a prefix, or a directory of the sandbox was and is now. The shortest explain most. */
function relocations(causes: readonly Cause[]): (readonly [old: string, now: string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  const add = (old: string, now: string): void => void pairs.set(`${old}\0${now}`, [old, now]);
  for (const { path, old, new: now } of causes) {
    if (NAMES.includes(path) && isPath(old) && isPath(now)) add(old, now);
  }
  const gone = causes.filter(({ path, new: now }) => isDirectory(path) && now === undefined);
  const came = causes.filter(({ path, old }) => isDirectory(path) && old === undefined);
  for (const one of gone) {
    const others = came.filter(({ task, new: now }) => task === one.task && now === one.old);
    if (others.length === 1) add(directoryOf(one.path), directoryOf(others[0]!.path));
  }
  return [...pairs.values()].sort(([a], [b]) => a.length - b.length);
}

function isExplained(cause: Cause, all: readonly Cause[], old: string, now: string): boolean {
  const moved = (text: string | undefined): string | undefined => text && movePath(text, old, now);
  if (cause.old !== undefined && cause.new !== undefined) return moved(cause.old) === cause.new;
  // Under another name, which is another part of the record.
  const isCounterpart = (before: Cause, after: Cause): boolean =>
    before.task === after.task &&
    before.new === undefined &&
    after.old === undefined &&
    before.path !== after.path &&
    moved(before.path) === after.path &&
    moved(before.old) === after.new;
  return all.some((other) => isCounterpart(cause, other) || isCounterpart(other, cause));
}

/** One cause for all, whatever task it shows in: of those that name the path itself, what the tree says comes first. */
function principal(explained: readonly Cause[], old: string, now: string): Cause {
  const itself = explained.filter((cause) => cause.old === old && cause.new === now);
  const ranked = [
    ...itself.filter(({ at }) => at !== undefined),
    ...NAMES.flatMap((name) => itself.filter(({ path }) => path === name)),
    ...itself,
  ];
  const [first] = ranked;
  if (first?.at === undefined) return { path: 'root', task: explained[0]!.task, old, new: now };
  if (!NAMES.includes(first.path)) return first;
  // A variable and a parameter of one name are one property.
  return { ...first, path: `parameters.${first.path.replace(/^.*\./, '').toLowerCase()}` };
}

/** Replaces a path where it stands as one: not as the beginning of another name. */
function movePath(text: string, old: string, now: string): string {
  let moved = '';
  let from = 0;
  for (let at = text.indexOf(old); at !== -1; at = text.indexOf(old, at + 1)) {
    const end = at + old.length;
    if (at < from || /[\w-]/.test(text[end] ?? '')) continue;
    moved += text.slice(from, at) + now;
    from = end;
  }
  return moved + text.slice(from);
}

function isPath(text: string | undefined): text is string {
  return text !== undefined && /^\/[^\s:]+$/.test(text);
}

function isDirectory(path: string): boolean {
  return path.startsWith('directories.') && path.endsWith('.writable');
}

function directoryOf(path: string): string {
  return path.slice('directories.'.length, -'.writable'.length);
}
