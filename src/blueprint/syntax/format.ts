// Formatting of a file's text: parse, sort if asked, print. One pass is the field's format; where
// comments had to move, passes are repeated until the text stays, so that formatting what is
// formatted changes nothing.
import { failed, ok, type Result } from '../../base/diagnostic.ts';
import type { Source } from '../../base/span.ts';
import { parse } from './parse.ts';
import { printOnce } from './print.ts';
import { sortLists } from './sort.ts';
import type { Dialect, File } from './tree.ts';

export interface FormatOptions {
  /** `2025` unless given. With `2021` there is one pass only, as in the tools of that time. */
  readonly dialect?: Dialect;
  /** Sort lists of strings. */
  readonly sort?: boolean;
}

/**
 * The formatted text of a source. Fails with the diagnostics of the parser, or with
 * `blueprint/unsortable`.
 */
export function format(source: Source, options: FormatOptions = {}): Result<string> {
  const { dialect = '2025' } = options;
  const { file, diagnostics } = parse(source, { dialect });
  if (diagnostics.length > 0) return failed(...diagnostics);
  return formatFile(file, options);
}

/** As `format`, from a tree, which may have been edited. */
export function formatFile(file: File, options: FormatOptions = {}): Result<string> {
  const once = pass(file, options);
  if (!once.ok) return once;
  const { text, unsettled } = once.value;
  return unsettled && file.dialect === '2025' ? settle(text, file, options) : ok(text);
}

interface Pass {
  readonly text: string;
  readonly unsettled: boolean;
}

function pass(file: File, { sort = false }: FormatOptions): Result<Pass> {
  if (!sort) return ok(printOnce(file));
  const sorted = sortLists(file);
  if (!sorted.ok) return sorted;
  // Elements on new lines may be neighbours of others the next time.
  return ok({ text: printOnce(sorted.value).text, unsettled: true });
}

/** Repeats passes until the text stays; should texts come in a circle, the least of them it is. */
function settle(first: string, { source, dialect }: File, options: FormatOptions): Result<string> {
  const texts = [first];
  for (;;) {
    const { file, diagnostics } = parse({ file: source.file, text: texts.at(-1)! }, { dialect });
    if (diagnostics.length > 0) return failed(...diagnostics);
    const next = pass(file, options);
    if (!next.ok) return next;
    const { text } = next.value;
    const before = texts.indexOf(text);
    if (before !== -1) return ok(texts.slice(before).sort()[0]!);
    texts.push(text);
  }
}
