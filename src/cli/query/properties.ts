// The properties of the variants of a module, as data and as text.
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  printable,
  type Result,
} from '../../base/diagnostic.ts';
import { findVariants } from '../../blueprint/query/find.ts';
import { moduleGraph, variantsInOrder } from '../../blueprint/query/graph.ts';
import { PropertyQuery, type PropertyAnswer } from '../../blueprint/query/properties.ts';
import type { Engine } from '../../blueprint/phase/engine.ts';
import { variantRow, type VariantRow } from './row.ts';
import { place, propertyText } from './text.ts';

export interface VariantProperties extends VariantRow {
  readonly properties: readonly PropertyAnswer[];
}

/**
 * The properties that names ask for, with those inside them; of no names all that are set, or with `all`
 * all there are. Error codes: those of `findVariants`, `query/no-property`.
 */
export function propertiesAnswer(
  engine: Engine,
  module: string,
  names: readonly string[],
  all: boolean,
): Result<VariantProperties[]> {
  const graph = moduleGraph(engine.graph);
  const found = findVariants(graph, [module]);
  if (!found.ok) return found;
  const query = new PropertyQuery(engine);
  const variants = variantsInOrder(engine.graph);
  const answers: VariantProperties[] = [];
  const missing = new Set(names);
  const known = new Set<string>();
  for (const index of found.value) {
    const properties = query.of(variants[index]!).filter((property) => {
      addNames(known, property.name);
      if (names.length === 0)
        return all || property.set.length > 0 || property.problem !== undefined;
      const asked = names.filter((name) => isWithin(property.name, name));
      for (const name of asked) missing.delete(name);
      return asked.length > 0;
    });
    answers.push({ ...variantRow(graph, index), properties });
  }
  if (missing.size === 0) return ok(answers);
  return failed(
    ...[...missing].map((name) =>
      definitionError({
        code: 'query/no-property',
        message: `module "${answers[0]!.name}" of type ${answers[0]!.type} has no property "${name}"`,
        hint: didYouMean(name, known) ?? 'with --all the query shows all of them',
      }),
    ),
  );
}

/** A property's name and those of the ones around it. */
function addNames(known: Set<string>, name: string): void {
  for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) known.add(at);
}

function isWithin(name: string, outer: string): boolean {
  return name === outer || name.startsWith(`${outer}.`);
}

/** What all variants have in common comes first and once; variants with the same rest stand together. */
export function propertiesText(answers: readonly VariantProperties[]): string {
  const texts = answers.map(({ properties }) => properties.map(propertyText));
  const common = new Set(texts[0]?.filter((text) => texts.every((other) => other.includes(text))));
  const [first] = answers;
  const shown = answers.length === 1 ? first!.label : first!.name;
  let text = `${printable(shown)}: ${printable(first!.type)}, ${place(first!)}\n`;
  text += [...common].join('');
  const blocks = new Map<string, string[]>();
  for (const [i, { label }] of answers.entries()) {
    const rest = texts[i]!.filter((one) => !common.has(one)).join('');
    if (rest !== '') blocks.set(rest, [...(blocks.get(rest) ?? []), label]);
  }
  for (const [rest, labels] of blocks) {
    text += `\n${labels.map(printable).join(', ')}:\n${rest}`;
  }
  return text;
}
