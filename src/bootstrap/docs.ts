// The page about a builder's module types: one HTML file that needs nothing else, made of the schemas and of
// what they say about themselves.
import { Marked } from 'marked';
import { referenceOf, type Logic, type PropertyReference } from '../blueprint/api.ts';
import { byCodePoint } from '../base/digest.ts';
import { SCRIPT, STYLE } from './docstyle.ts';

interface Documented {
  readonly name: string;
  readonly doc: string;
  readonly properties: readonly PropertyReference[];
}

/** The page, as text. Types are in the order of their names. */
export function docsPage(builder: string, logic: readonly Logic[]): Promise<string> {
  const types = logic
    .flatMap(({ moduleTypes = [] }) => moduleTypes)
    .map(({ name, doc, schema }): Documented => ({ name, doc, properties: referenceOf(schema) }))
    .sort((a, b) => byCodePoint(a.name, b.name));
  const title = `Module types of ${builder}`;
  const links = types.map(({ name }) => `<li><a href="#${anchor(name)}">${escape(name)}</a></li>`);
  return Promise.resolve(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Module types">
<label for="find">Find a type or property</label>
<input id="find" type="search" autocomplete="off" placeholder="Type to find">
<ol>
${links.join('\n')}
</ol>
</nav>
<main>
<h1>${escape(title)}</h1>
<p class="lead">${types.length} module types. A module of a type is written with its name, and the properties it sets in braces.</p>
${types.map(typeText).join('\n')}
<p id="nothing" hidden>No type or property has that name.</p>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`);
}

function typeText({ name, doc, properties }: Documented): string {
  const rows = properties.flatMap((property) => rowsOf(property, ''));
  return `<section id="${anchor(name)}" data-name="${escape(name)}">
<h2><a href="#${anchor(name)}">${escape(name)}</a></h2>
${markdown(doc)}
<pre><code>${escape(exampleOf(name, properties))}</code></pre>
<table>
<thead><tr><th scope="col">property</th><th scope="col">type</th><th scope="col">what it is</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</section>`;
}

/** The shortest module of the type: its name, and what must be given. */
function exampleOf(name: string, properties: readonly PropertyReference[]): string {
  const needed = properties.filter((property) => property.name === 'name' || property.required);
  const lines = needed.map((property) => `    ${property.name}: ${valueOf(property)},`);
  return `${name} {\n${lines.join('\n')}\n}`;
}

function valueOf({ name, type, values }: PropertyReference): string {
  if (name === 'name') return '"my_module"';
  if (values[0] !== undefined) return values[0];
  if (type.includes('list')) return '["…"]';
  if (type.includes('map') || type.includes('properties')) return '{ … }';
  return type.includes('int') ? '1' : '"…"';
}

function rowsOf(property: PropertyReference, above: string): string[] {
  const name = `${above}${property.name}`;
  const facts = [
    ...(property.required ? ['must be given'] : []),
    ...(property.fallback === undefined
      ? []
      : [`default: <code>${escape(property.fallback)}</code>`]),
    ...(property.values.length > 0 && property.type !== 'bool'
      ? [`one of ${property.values.map((value) => `<code>${escape(value)}</code>`).join(', ')}`]
      : []),
  ];
  const said = facts.length === 0 ? '' : `<p class="facts">${facts.join(' · ')}</p>`;
  return [
    `<tr data-name="${escape(name)}"><th scope="row"><code>${escape(name)}</code></th><td>${escape(property.type)}</td><td>${markdown(property.doc)}${said}</td></tr>`,
    ...property.properties.flatMap((inner) => rowsOf(inner, `${name}.`)),
  ];
}

/** What build logic says of itself may hold no HTML: it is text that somebody wrote for a page like this. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escape(text),
    image: ({ text }) => escape(text),
    link({ href, tokens }) {
      const inner = this.parser.parseInline(tokens);
      return /^(?:https?:|#)/.test(href) ? `<a href="${escape(href)}">${inner}</a>` : inner;
    },
  },
});

function markdown(text: string): string {
  return text === '' ? '' : marked.parse(text, { async: false }).trim();
}

function anchor(name: string): string {
  return `type-${encodeURIComponent(name)}`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
