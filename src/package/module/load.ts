// The packages and images of a tree of Blueprints files: the module engine runs over it, and what modules
// declare is collected after they have generated. Knows nothing of ids and tasks.
import { join } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { isSpan, type Place, type Source, type Span } from '../../base/span.ts';
import { diskFiles, Engine, singleton, type Logic } from '../../blueprint/api.ts';
import { DEFAULT_CONFIG } from '../../blueprint/logic/config.ts';
import { namePath } from '../file.ts';
import { declaredBy, type Declared } from './handover.ts';
import { treeLogic } from './logic.ts';

export interface Declarations extends Declared {
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoadOptions {
  readonly cwd: string;
  /** The tree's build logic; the stock one unless given. */
  readonly logic?: readonly Logic[];
  /** What the build logic is configured with; a `StockConfig` for the stock one. */
  readonly config?: unknown;
}

/** Runs the engine over a tree. With an error among the diagnostics, declarations may be missing. */
export function loadDeclarations(directory: string, options: LoadOptions): Declarations {
  const engine = new Engine(
    { files: diskFiles(directory), config: options.config ?? DEFAULT_CONFIG },
    ...(options.logic ?? [treeLogic]),
  );
  const name = new Renamer(directory, options.cwd);
  let declared: Declared = { packages: [], images: [] };
  engine.use({ singletons: [singleton('ashlar_declared', (ctx) => (declared = declaredBy(ctx)))] });
  const diagnostics: Diagnostic[] = [];
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const found = engine[phase]();
    diagnostics.push(...found.map((one) => name.diagnostic(one)));
    if (found.some(({ severity }) => severity === 'error')) break;
  }
  return { ...declared, diagnostics };
}

/** Messages name files from where the user stands; the engine names them from the tree's root. */
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

  span(span: Span): Span {
    let source = this.#sources.get(span.source);
    if (source === undefined) {
      source = { file: this.#shown(span.source.file), text: span.source.text };
      this.#sources.set(span.source, source);
    }
    return { ...span, source };
  }

  #place(place: Place): Place {
    return isSpan(place) ? this.span(place) : { file: this.#shown(place.file) };
  }

  #shown(file: string): string {
    return namePath(join(this.#directory, file), this.#cwd).shown;
  }
}
