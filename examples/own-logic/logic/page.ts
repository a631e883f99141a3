// The module type `page`: a web page, made of a text file.
import {
  joinPath,
  moduleType,
  ninjaEscape,
  packageContext,
  path,
  shellEscapeIncludingSpaces,
  string,
} from 'ashlar';
import { titleOf } from './title.ts';

const pages = packageContext('own-logic/page');

// A rule is a command. `$in` and `$out` are paths, `$title` is what each page sets.
const render = pages.rule(
  'render',
  {
    command: `{ printf '<!doctype html>\\n<title>%s</title>\\n<h1>%s</h1>\\n' $title $title; sed 's/^$$/<p>/' $in; } > $out`,
    description: 'page $out',
  },
  'title',
);

export const page = moduleType({
  name: 'page',
  doc: 'A web page. Empty lines of its text begin paragraphs.',
  properties: {
    src: path({ required: true, doc: 'The text.' }),
    title: string({ doc: 'The title; made of the name of the module unless given.' }),
  },
  generate(ctx) {
    const { src, title } = ctx.properties;
    const { out } = ctx.config as { readonly out: string };
    ctx.build(pages, {
      rule: render,
      outputs: [ninjaEscape(`${out}/pages/${ctx.name}.html`)],
      inputs: [ninjaEscape(joinPath(ctx.directory, src))],
      args: { title: ninjaEscape(shellEscapeIncludingSpaces(title || titleOf(ctx.name))) },
    });
  },
});
