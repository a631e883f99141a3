// The properties of a variant as they are when all mutators have run, with what set them.
import type { Diagnostic } from '../../base/diagnostic.ts';
import { positionAt, type Span } from '../../base/span.ts';
import type { Engine } from '../phase/engine.ts';
import { ModuleStep } from '../module/reading.ts';
import type { Variant } from '../module/variant.ts';
import { describeType } from '../property/extend.ts';
import { Configurable, type Property } from '../property/property.ts';
import { decideValue, type Branch } from '../property/select.ts';
import type { Value } from '../syntax/scope.ts';
import { bare, OriginFinder, valueAt, type Setting } from './origin.ts';
import { showBranches, showPlain, showValue } from './show.ts';

export interface PropertyAnswer {
  /** With the names around it: `arch.fast.cflags`. */
  readonly name: string;
  /** In words: `list of string`. */
  readonly type: string;
  /** What it came to; undefined where nothing sets it, or it cannot be decided. */
  readonly value: unknown;
  /** Why it cannot be decided. */
  readonly problem: string | undefined;
  /** What set it, in the order in which it counts; of lists, each element. Empty for a default. */
  readonly set: readonly PropertySetting[];
}

export interface PropertySetting {
  /** As it would be written. */
  readonly value: string;
  /** Where the value is written. */
  readonly at: FilePosition;
  /** Where the property is written, if the value came there from a variable. */
  readonly used: FilePosition | undefined;
  /** The branches of selects it is in: `arch() = "fast"`. */
  readonly select: string | undefined;
  readonly steps: readonly {
    readonly by: string;
    readonly order: string;
    readonly from: string | undefined;
  }[];
}

export interface FilePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Answers for variants of one engine, which has recorded origins and run its mutators. */
export class PropertyQuery {
  readonly #engine: Engine;
  readonly #origins: OriginFinder;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#origins = new OriginFinder(engine, engine.dialect);
  }

  /** The properties of a variant, in the order of its schema; nested ones by their whole names. */
  of(variant: Variant): PropertyAnswer[] {
    const answers: PropertyAnswer[] = [];
    this.#add(variant, variant.group.definition.type.schema, [], answers);
    return answers;
  }

  #add(
    variant: Variant,
    property: Property,
    path: readonly string[],
    answers: PropertyAnswer[],
  ): void {
    const inner = bare(property);
    const value = path.length === 0 ? variant.values : valueAt(variant.values, path);
    if (inner.kind === 'nested' && value !== undefined) {
      for (const [name, field] of Object.entries(inner.fields)) {
        this.#add(variant, field, [...path, name], answers);
      }
    } else if (inner.kind === 'map' && Object.keys(value ?? {}).length > 0) {
      for (const name of Object.keys(value as object)) {
        this.#add(variant, inner.element, [...path, name], answers);
      }
    } else answers.push(this.#answer(variant, property, path, value));
  }

  #answer(
    variant: Variant,
    property: Property,
    path: readonly string[],
    value: unknown,
  ): PropertyAnswer {
    const diagnostics: Diagnostic[] = [];
    const step = new ModuleStep(this.#engine.graph, variant, diagnostics);
    const name = path.join('.');
    const decided = value instanceof Configurable ? step.evaluate(value, name) : value;
    const set = this.#origins
      .settingsOf(variant, path)
      .flatMap((setting) => settingsFrom(setting, step));
    return {
      name,
      type: describeType(property),
      value: decided,
      problem: diagnostics[0]?.message,
      set,
    };
  }
}

/** A setting as data: selects decided, lists taken apart. */
function settingsFrom(setting: Setting, module: ModuleStep): PropertySetting[] {
  const { value, at } = setting;
  const steps = setting.steps.map(({ by, order, from }) => ({ by, order, from: from?.name }));
  const make = (text: string, place: Span, branches: readonly Branch[]): PropertySetting => ({
    value: text,
    at: filePosition(place),
    used: isInside(place, at) ? undefined : filePosition(at),
    select: branches.length === 0 ? undefined : showBranches(branches),
    steps,
  });
  if (value.kind === 'made') {
    const made = Array.isArray(value.value) ? (value.value as readonly unknown[]) : [value.value];
    return made.map((one) => make(showPlain(one), at, []));
  }
  const decided = decideValue(value, (name, args) => module.decide(name, args));
  if (!decided.ok) return [make(showValue(value), value, [])];
  return decided.value.flatMap(({ value: one, branches }) =>
    elementsOf(one).map((element) => make(showValue(element), element, branches)),
  );
}

function elementsOf(value: Value): readonly Value[] {
  return value.kind === 'list' && value.values.length > 0 ? value.values : [value];
}

function isInside(inner: Span, outer: Span): boolean {
  return inner.source === outer.source && inner.start >= outer.start && inner.end <= outer.end;
}

function filePosition({ source, start }: Span): FilePosition {
  return { file: source.file, ...positionAt(source, start) };
}
