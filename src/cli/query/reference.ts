// The module types of build logic as a reference: text for a terminal, Markdown for pages, JSON Schema.
import { definitionError, didYouMean, failed, ok, type Result } from '../../base/diagnostic.ts';
import {
  jsonSchema,
  referenceOf,
  type AnyModuleType,
  type JsonSchema,
  type PropertyReference,
} from '../../blueprint/api.ts';

/** The types of these names, all unless some are given. Error code `query/no-type`. */
export function findTypes(
  types: readonly AnyModuleType[],
  names: readonly string[],
): Result<AnyModuleType[]> {
  const sorted = types.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const known = sorted.map(({ name }) => name);
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) {
    return ok(sorted.filter(({ name }) => names.length === 0 || names.includes(name)));
  }
  return failed(
    ...missing.map((name) =>
      definitionError({
        code: 'query/no-type',
        message: `there is no module type "${name}"`,
        hint: didYouMean(name, known) ?? `there are ${known.join(', ')}`,
      }),
    ),
  );
}

/** A schema of one module for each type, by its name. */
export function typesSchema(types: readonly AnyModuleType[]): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: Object.fromEntries(
      types.map(({ name, doc, schema }) => [
        name,
        { ...jsonSchema(schema), ...(doc === '' ? {} : { description: doc }) },
      ]),
    ),
  };
}

/** Types with a line of each; of a few types all that is known. */
export function typesText(types: readonly AnyModuleType[], whole: boolean): string {
  if (!whole) {
    const width = Math.max(...types.map(({ name }) => name.length));
    return types
      .map(({ name, doc }) => `${name.padEnd(width)}  ${firstSentence(doc)}`.trimEnd() + '\n')
      .join('');
  }
  return types
    .map(({ name, doc, schema }) => {
      const head = doc === '' ? `${name}\n` : `${name}\n${wrapped(doc, '  ')}`;
      return `${head}\n${propertiesText(referenceOf(schema), '  ')}`;
    })
    .join('\n');
}

function propertiesText(properties: readonly PropertyReference[], indent: string): string {
  return properties
    .map((property) => {
      const doc = property.doc === '' ? '' : wrapped(property.doc, `${indent}    `);
      const inner = propertiesText(property.properties, `${indent}    `);
      return `${indent}${property.name}: ${remarks(property).join(', ')}\n${doc}${inner}`;
    })
    .join('');
}

/** Type, whether it must be given, and what it can be. */
function remarks({ type, required, fallback, values }: PropertyReference): string[] {
  return [
    type,
    ...(required ? ['required'] : []),
    ...(type.endsWith('bool') || values.length === 0 ? [] : [`one of ${values.join(' ')}`]),
    ...(fallback === undefined || fallback === 'false' ? [] : [`${fallback} by default`]),
  ];
}

const WIDTH = 100;

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** A section for each type, with a table of its properties. */
export function typesMarkdown(types: readonly AnyModuleType[]): string {
  return types
    .map(({ name, doc, schema }) => {
      const rows = markdownRows(referenceOf(schema), '');
      const table = `| property | type | |\n|---|---|---|\n${rows.join('')}`;
      return `## \`${name}\`\n\n${doc === '' ? '' : `${doc}\n\n`}${table}`;
    })
    .join('\n');
}

function markdownRows(properties: readonly PropertyReference[], prefix: string): string[] {
  return properties.flatMap((property) => {
    const { name, type, doc } = property;
    const [, ...more] = remarks(property);
    const said = [doc, ...more.map((one) => `${one[0]!.toUpperCase()}${one.slice(1)}.`)];
    const cell = said
      .filter((one) => one !== '')
      .join(' ')
      .replaceAll('|', '\\|');
    // Below a map are names of the user's own.
    const inner = type.includes('map of map') ? `${prefix}${name}.NAME.` : `${prefix}${name}.`;
    return [
      `| \`${prefix}${name}\` | ${type} | ${cell} |\n`,
      ...markdownRows(property.properties, inner),
    ];
  });
}
