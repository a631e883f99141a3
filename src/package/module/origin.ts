// Where the parts of a task's record were set, found only when somebody asks: files have to be read again
// for it, and most builds have nothing to explain.
import type { Place } from '../../base/span.ts';
import type { PackageDeclaration } from './declaration.ts';
import { PRESET_DATA } from './presetdata.ts';
import type { PackageData, TaskValues } from './properties.ts';
import { INPUTS, WORK_TREE } from './scope.ts';

/** Variables that every script may ask for, and the properties that say what is in them. */
const OWN_VARIABLES: Readonly<Record<string, string>> = {
  NAME: 'name',
  VERSION: 'version',
  PREFIX: 'prefix',
};

/** Properties that steps are told of under their own names. */
const TOLD: ReadonlySet<string> = new Set([
  'version',
  'description',
  'homepage',
  'license',
  'maintainer',
  'prefix',
  'root',
]);

/** Where the source of a name lies, and what is said of how it gets there. */
const SOURCE = new RegExp(`^${WORK_TREE}/([^/]+?)(?:\\.unpack|\\.output|/.*)?$`);

/**
 * Places by the part of the record (`variables.CFLAGS`, `functions.fix`, `script`, `outputs.html`), and by
 * one line of the script, after a line feed.
 */
export function lazyOrigins(
  declaration: PackageDeclaration,
  task: string,
  values: TaskValues,
): ReadonlyMap<string, Place> {
  return new LazyOrigins(declaration, task, values);
}

class LazyOrigins extends Map<string, Place> {
  readonly #declaration: PackageDeclaration;
  readonly #task: string;
  readonly #values: TaskValues;
  #filled = false;

  constructor(declaration: PackageDeclaration, task: string, values: TaskValues) {
    super();
    this.#declaration = declaration;
    this.#task = task;
    this.#values = values;
  }

  override get(part: string): Place | undefined {
    const end = part.indexOf('\n');
    if (end !== -1) {
      return part.startsWith('script\n') ? this.#scriptLine(part.slice(end + 1)) : undefined;
    }
    const [kind, ...rest] = part.split('.');
    const name = rest.join('.');
    switch (kind) {
      case 'variables':
      case 'volatile':
      case 'functions':
        return (
          this.#exactOrPreset(kind, name.replace(/\?.*$/, '')) ??
          (kind === 'variables' ? this.#own(name) : undefined)
        );
      case 'script':
        return (
          this.#exact(`tasks.${this.#task}.script`) ??
          this.#exact(`tasks.${this.#task}.append`) ??
          this.#exact(`tasks.${this.#task}.prepend`) ??
          (this.#presetScript() === undefined ? undefined : this.#preset())
        );
      case 'outputs':
        return this.#exact(`tasks.${this.#task}.outputs.${name.replace(/\.(at|kind)$/, '')}`);
      case 'network':
        return this.#exact(`tasks.${this.#task}.network`);
      case 'inputs':
        return this.#input(name);
      case 'parameters':
        return this.#parameter(rest);
      case 'step':
        return this.#exact(`tasks.${this.#task}`) ?? this.#declaration.at;
      default:
        return undefined;
    }
  }

  override has(part: string): boolean {
    return this.get(part) !== undefined;
  }

  override get size(): number {
    this.#fill();
    return super.size;
  }

  override entries(): MapIterator<[string, Place]> {
    this.#fill();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, Place]> {
    return this.entries();
  }

  override keys(): MapIterator<string> {
    this.#fill();
    return super.keys();
  }

  /** For those who want to see all that is written. */
  #fill(): void {
    if (this.#filled) return;
    this.#filled = true;
    const { values } = this.#declaration;
    const parts = [
      'script',
      ...Object.keys(values.variables).map((name) => `variables.${name}`),
      ...Object.keys(values.functions).map((name) => `functions.${name}`),
      ...Object.keys(this.#values.outputs).map((name) => `outputs.${name}`),
    ];
    for (const part of parts) {
      const at = this.get(part);
      if (at !== undefined) this.set(part, at);
    }
  }

  /** What every script may ask for, by the property that says it. */
  #own(variable: string): Place | undefined {
    const property = OWN_VARIABLES[variable];
    return property === undefined ? undefined : this.#exact(property);
  }

  #input(at: string): Place | undefined {
    const [, required] = /^\/[^.]*\.(.+)\.id$/.exec(at) ?? [];
    if (required !== undefined) {
      return this.#holding(required, 'requires', 'build_requires') ?? this.#declaration.at;
    }
    if (at.startsWith(`${INPUTS}/`)) {
      return (
        this.#exact(`tasks.${this.#task}.uses`) ?? this.#exact('formats') ?? this.#declaration.at
      );
    }
    const [, source = ''] = SOURCE.exec(at) ?? [];
    return this.#exact(`sources.${source}`) ?? this.#exact('sources') ?? this.#declaration.at;
  }

  /** Most of what a step is told has the name of the property that says it. */
  #parameter(path: readonly string[]): Place | undefined {
    if (path[0] === 'system_requires') return this.#exact(path[0]);
    if (path[0] === 'split') return this.#exact('split') ?? this.#declaration.at;
    const name = path.at(-1)!.toLowerCase();
    // One that nobody set follows from something else.
    if (path.length <= 2 && TOLD.has(name)) return this.#exact(name);
    if (path[0] === 'maintainer_scripts') return this.#exact(path.join('.'));
    if (path[0] === 'conffiles' || path[0] === 'owners') return this.#exact(path[0]);
    if (path.includes('requires')) return this.#exact('requires') ?? this.#declaration.at;
    if (path[0] === 'inputs') return this.#exact('formats') ?? this.#declaration.at;
    return this.#exact(`tasks.${this.#task}`) ?? this.#exact('split') ?? this.#declaration.at;
  }

  /** The first of some lists that has an entry. */
  #holding(
    entry: string,
    ...properties: readonly ('requires' | 'build_requires')[]
  ): Place | undefined {
    const { values, placeOf } = this.#declaration;
    const property = properties.find((one) => values[one].includes(entry));
    return property && placeOf(property, entry);
  }

  #exactOrPreset(kind: 'variables' | 'volatile' | 'functions', name: string): Place | undefined {
    const written = this.#exact(`${kind}.${name}`);
    if (written !== undefined || kind === 'volatile') return written;
    const value = this.#presetData?.[kind]?.[name];
    return value !== undefined && value === this.#declaration.values[kind][name]
      ? this.#preset()
      : undefined;
  }

  /** No file of the tree holds what a preset says; its name is all there is to look up. */
  #preset(): Place {
    return { file: `preset ${this.#declaration.preset!}` };
  }

  get #presetData(): PackageData | undefined {
    const { preset } = this.#declaration;
    return preset === undefined ? undefined : PRESET_DATA[preset]?.data;
  }

  /** The script, if it is the preset's. */
  #presetScript(): string | undefined {
    const script = this.#presetData?.tasks?.[this.#task]?.script;
    return script === this.#values.script ? script : undefined;
  }

  /** What a task runs is put together of parts that several modules may say. */
  #scriptLine(line: string): Place | undefined {
    const { prepend, append } = this.#values;
    const holds = (text: string): boolean => text.split('\n').includes(line);
    for (const [part, texts] of Object.entries({ append, prepend })) {
      if (!texts.some(holds)) continue;
      return this.#declaration.placeOf(`tasks.${this.#task}.${part}`, line);
    }
    return this.#presetScript()?.split('\n').includes(line) === true ? this.#preset() : undefined;
  }

  #exact(property: string): Place | undefined {
    return this.#declaration.placeOf(property);
  }
}
