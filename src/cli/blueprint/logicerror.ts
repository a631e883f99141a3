// What goes wrong in build logic that Node loads as it is, told at the user's own line: what it throws, what is no
// JavaScript, and imports of what is not there.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Place } from '../../base/span.ts';
import { userFrames } from '../../bootstrap/panic.ts';
import { placeAt } from '../../bootstrap/ts/tool/place.ts';
import { isUsers } from './ashlarimport.ts';

/** A diagnostic `logic/failed`. `file` is how the user names the logic, `paths` all files that it is made of. */
export function loadingFailed(file: string, paths: readonly string[], thrown: unknown): Diagnostic {
  const error = thrown instanceof Error ? thrown : undefined;
  const message = `cannot load the build logic: ${error?.message ?? String(thrown)}`;
  const stack = error?.stack ?? '';
  const [own, ...callers] = userFrames(stack.split('\n'), isUsers);
  const syntax =
    error instanceof SyntaxError ? (headPlace(stack) ?? checkSyntax(paths)) : undefined;
  return definitionError({
    code: 'logic/failed',
    message,
    at: syntax ?? own ?? { file },
    notes: callers.map((at) => ({ message: 'called from here', at })),
  });
}

/** Node tells where a syntax error is only to those whom it ends. */
function checkSyntax(paths: readonly string[]): Place | undefined {
  for (const path of paths) {
    const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
    const place = headPlace(stderr);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** Of a report that begins with the file and line, the line itself, and carets below it. */
function headPlace(report: string): Place | undefined {
  const [head = '', , marks = ''] = report.split('\n');
  const match = /^(file:\/\/.*|\/.*):(\d+)$/.exec(head);
  if (match === null) return undefined;
  const path = match[1]!.startsWith('/') ? match[1]! : fileURLToPath(match[1]!);
  const column = marks.indexOf('^');
  return placeAt(path, Number(match[2]), Math.max(0, column) + 1, marks.trim().length || 1);
}
