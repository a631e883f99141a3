// How reasons read: one line for the end of a task, one for a cause that many tasks follow from. Pure
// text; what they are is task/reason.ts.
import { relative } from 'node:path';
import { formatPlace, printable } from '../../base/diagnostic.ts';
import { isSpan, positionAt, type Place } from '../../base/span.ts';
import { causeIdentity, type Cause, type Reason } from '../../task/reason.ts';
import { changeText } from './value.ts';

/** Why a task runs, as the rest of a line: `CFLAGS in zlib/Blueprints:12: "-O2" → "-O3"`. */
export function reasonText(reason: Reason, task: string, cwd: string): string {
  switch (reason.kind) {
    case 'new':
      return 'new here';
    case 'changed': {
      const [first, ...more] = reason.causes;
      if (first === undefined) return 'its key changed';
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      const of = first.task === task ? '' : `${printable(first.task)}: `;
      return `${of}${causeText(first, cwd)}${others}`;
    }
    case 'evicted':
      return `its result was here until it was evicted on ${dateText(reason.atMs)}`;
    case 'gone':
      return 'its result is on record, but its files are not to be had';
    case 'forced':
      return 'forced';
    case 'follows': {
      const [first, ...more] = reason.tasks;
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      return `follows ${printable(first ?? 'a forced task')}${others}`;
    }
    case 'unkept':
      return `${printable(reason.by)} goes on from its tree, which is not kept here`;
  }
}

/** `CFLAGS in zlib/Blueprints:12: "-O2" → "-O3"`. */
export function causeText(cause: Cause, cwd: string): string {
  if (cause.path === 'after') return `comes after ${printable(cause.new ?? '?')} now`;
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
  if (old === undefined && path.startsWith('inputs.'))
    return now === 'true' ? 'added' : addedText(now);
  // Entries of lists go by what they are.
  if (old === undefined && path.endsWith(`.${now}`)) return 'added';
  if (now === undefined && path.endsWith(`.${old}`)) return 'removed';
  if (now === undefined && path.startsWith('inputs.')) return 'removed';
  return changeText(old, now);
}

function addedText(now: string | undefined): string {
  return now === undefined || /^[0-9a-f]{64}$/.test(now) ? 'added' : changeText(undefined, now);
}

/** What people call a part of a record. */
export function partName(path: string): string {
  const dot = path.indexOf('.');
  const [group, rest] = dot === -1 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
  switch (group) {
    case 'inputs': {
      const [, name] = /^\/[^.]*\.(.+)\.id$/.exec(rest) ?? [];
      return name === undefined ? rest : `package ${name}`;
    }
    case 'variables':
    case 'parameters':
      return rest;
    case 'functions':
      return `function ${rest}`;
    case 'volatile':
      return `volatile variable ${rest}`;
    case 'outputs':
      return `output ${rest}`;
    case 'directories':
      return rest.endsWith('.layer')
        ? `what ${rest.slice(0, -'.layer'.length)} begins with`
        : `directory ${rest}`;
    case 'image':
      return 'the image';
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

/** `2026-11-28 13:40`, in the user's own time. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Causes of a whole build, each once, with the number of tasks that it made run. */
export class RootCauses {
  readonly #causes = new Map<string, { cause: Cause; tasks: number }>();

  add(reason: Reason): void {
    if (reason.kind !== 'changed') return;
    const seen = new Set<string>();
    for (const cause of reason.causes) {
      const name = causeIdentity(cause);
      if (seen.has(name)) continue;
      seen.add(name);
      const known = this.#causes.get(name);
      if (known === undefined) this.#causes.set(name, { cause, tasks: 1 });
      else known.tasks++;
    }
  }

  /** `CFLAGS in Blueprints:12: "-O2" → "-O3"; 214 tasks follow`, the most consequential first. */
  lines(cwd: string, most: number): string[] {
    const all = [...this.#causes.values()].sort((a, b) => b.tasks - a.tasks);
    const lines = all.slice(0, most).map(({ cause, tasks }) => {
      const of = cause.at === undefined ? `${printable(cause.task)}: ` : '';
      const follow = tasks === 1 ? '' : `; ${tasks} tasks follow`;
      return `${of}${causeText(cause, cwd)}${follow}`;
    });
    if (all.length > most) lines.push(`and ${all.length - most} more`);
    return lines;
  }
}
