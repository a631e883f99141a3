// How a cause reads: what it is, where, and what it was and is. Pure text; what a cause is, is task/reason.ts.
import { relative } from 'node:path';
import { formatPlace, printable } from '../../base/diagnostic.ts';
import { isSpan, positionAt, type Place } from '../../base/span.ts';
import { isCommon, isOfOneTask, type Cause } from '../../task/reason.ts';
import { imageText } from './image.ts';
import { changeText } from './value.ts';

/** The task that a cause is of, as a prefix, where another one is being told of. */
export function ofTask(cause: Cause, told: string): string {
  return cause.task === told || isCommon(cause) ? '' : `${printable(cause.task)}: `;
}

/** The same where the cause is told for so many tasks: a place says it better, and many have it in common. */
export function ofTasks(cause: Cause, tasks: number): string {
  if (cause.at !== undefined || (tasks > 1 && !isOfOneTask(cause))) return '';
  return ofTask(cause, '');
}

/** `CFLAGS in zlib/Blueprints:12: "-O2" → "-O3"`. */
export function causeText(cause: Cause, cwd: string): string {
  if (cause.path === 'after') {
    const before = cause.old === undefined ? '' : `, not after ${printable(cause.old)}`;
    return `comes after ${printable(cause.new ?? '?')} now${before}`;
  }
  return `${causeName(cause, cwd)}: ${causeChange(cause)}`;
}

/** What a cause is and where: `CFLAGS in zlib/Blueprints:12`. */
export function causeName({ path, at }: Cause, cwd: string): string {
  const name = partName(path);
  if (at === undefined) return printable(name);
  const place = placeText(at, cwd);
  // Of a file, its place is its name.
  if (path.startsWith('inputs.') && !isSpan(at)) return printable(place);
  return `${printable(name)} in ${printable(place)}`;
}

export function causeChange({ path, old, new: now }: Cause): string {
  const [group] = path.split('.', 1);
  if (path === 'image') return imageText(old, now);
  if (old === undefined && now !== undefined) {
    // Entries of lists go by what they are.
    if (WHOLE.has(group!) || path.endsWith(`.${now}`)) return addedText(now);
  }
  if (now === undefined && old !== undefined) {
    if (WHOLE.has(group!) || path.endsWith(`.${old}`)) return 'removed';
  }
  if (PIN.test(path) && old !== undefined && now !== undefined) {
    return `${printable(old.slice(0, 12))}… → ${printable(now.slice(0, 12))}…`;
  }
  if (path.endsWith('.layer')) return `${taskText(old)} → ${taskText(now)}`;
  const word = WORD.exec(path)?.[2];
  if (word !== undefined && isYesOrNo(old) && isYesOrNo(now)) {
    return now === 'true' ? `has "${printable(word)}" now` : `has no "${printable(word)}" any more`;
  }
  const states = STATES.find(([part]) => part.test(path));
  if (states !== undefined && isYesOrNo(old) && isYesOrNo(now)) {
    return now === 'true' ? states[1] : states[2];
  }
  return changeText(old, now);
}

/** What is there or not: what it holds is seen elsewhere. */
const WHOLE: ReadonlySet<string> = new Set(['inputs', 'outputs', 'directories', 'volatile']);

/** `${LIST?word:yes:no}` */
const WORD = /^variables\.([^?]+)\?(.+)$/;

/** What a source is pinned by: the beginning of it tells enough. */
const PIN = /^(?:parameters\.)?(?:downloaded_)?(commit|sha1|sha256|sha512)$/;

const STATES: readonly (readonly [path: RegExp, yes: string, no: string])[] = [
  [/^network$/, 'may be used now', 'may not be used any more'],
  [/^inputs\..*\.executable$/, 'can be executed now', 'cannot be executed any more'],
  [/^directories\..*\.writable$/, 'can be written to now', 'cannot be written to any more'],
];

function isYesOrNo(text: string | undefined): boolean {
  return text === 'true' || text === 'false';
}

/** What another task gives is told by that task. */
function addedText(now: string): string {
  return TASK.test(now) ? `added, from ${taskText(now)}` : 'added';
}

/** A task, as values have it: its name and the beginning of its key. */
const TASK = /^(.*) \([0-9a-f]{12}\)$/;

function taskText(value: string | undefined): string {
  return printable(TASK.exec(value ?? '')?.[1] ?? value ?? 'nothing');
}

/** What people call a part of a record. */
export function partName(path: string): string {
  const dot = path.indexOf('.');
  const [group, rest] = dot === -1 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
  switch (group) {
    case 'inputs': {
      const [, name] = /^\/[^.]*\.(.+)\.id$/.exec(rest) ?? [];
      return name === undefined ? rest.replace(/\.(executable|unpack)$/, '') : `package ${name}`;
    }
    case 'variables':
      return WORD.exec(path)?.[1] ?? rest;
    case 'parameters':
      return PIN.exec(rest)?.[1] ?? rest;
    case 'functions':
      return `function ${rest}`;
    case 'volatile':
      return `volatile variable ${rest}`;
    case 'outputs':
      return `output ${rest.replace(/\.(at|kind)$/, '')}`;
    case 'directories':
      return rest.endsWith('.layer')
        ? `what ${rest.slice(0, -'.layer'.length)} begins with`
        : `directory ${rest.replace(/\.writable$/, '')}`;
    case 'image':
      return 'the image';
    case 'network':
      return 'the network';
    case 'root':
      return 'the root';
    case 'version':
      return "the record's format";
    default:
      return path;
  }
}

/** `path:line`, seen from where the user stands. */
export function placeText(place: Place, cwd: string): string {
  const text = isSpan(place)
    ? `${place.source.file}:${positionAt(place.source, place.start).line}`
    : formatPlace(place);
  if (!text.startsWith('/')) return text;
  const near = relative(cwd, text);
  return near.startsWith('../../') ? text : near;
}
