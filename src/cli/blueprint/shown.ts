// Diagnostics as a user sees them who does not stand in the root of the tree: the engine names files from there.
import { join } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { isSpan, type Place, type Source, type Span } from '../../base/span.ts';
import { namePath } from '../../package/file.ts';

/** `directory` is the root of the tree, `cwd` where the user stands; both absolute. */
export function shownFrom(
  cwd: string,
  directory: string,
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  const renamer = new Renamer(directory, cwd);
  return diagnostics.map((one) => renamer.diagnostic(one));
}

class Renamer {
  readonly #directory: string;
  readonly #cwd: string;
  readonly #sources = new Map<Source, Source>();

  constructor(directory: string, cwd: string) {
    this.#directory = directory;
    this.#cwd = cwd;
  }

  diagnostic(diagnostic: Diagnostic): Diagnostic {
    const { at, notes } = diagnostic;
    return {
      ...diagnostic,
      ...(at === undefined ? {} : { at: this.#place(at) }),
      ...(notes === undefined
        ? {}
        : {
            notes: notes.map((note) =>
              note.at === undefined ? note : { ...note, at: this.#place(note.at) },
            ),
          }),
    };
  }

  #span(span: Span): Span {
    let source = this.#sources.get(span.source);
    if (source === undefined) {
      source = { file: this.#shown(span.source.file), text: span.source.text };
      this.#sources.set(span.source, source);
    }
    return { ...span, source };
  }

  #place(place: Place): Place {
    return isSpan(place) ? this.#span(place) : { file: this.#shown(place.file) };
  }

  #shown(file: string): string {
    return namePath(join(this.#directory, file), this.#cwd).shown;
  }
}
