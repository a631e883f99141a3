// The package for VS Code: its grammar gives the colours, and what it names is there.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import * as oniguruma from 'vscode-oniguruma';
import * as textmate from 'vscode-textmate';

const PACKAGE = join(import.meta.dirname, '../../editors/vscode');
const GRAMMAR = join(PACKAGE, 'syntaxes/blueprint.tmLanguage.json');

let grammar: textmate.IGrammar;

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
  await oniguruma.loadWASM(new Uint8Array(readFileSync(wasm)));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner([...patterns]),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(GRAMMAR, 'utf8'), GRAMMAR),
  });
  grammar = (await registry.loadGrammar('source.blueprint'))!;
});

/** Word → the most special scope it has, without the language; the last one of equal words counts. */
function scopes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let state = textmate.INITIAL;
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const token of tokens) {
      const word = line.slice(token.startIndex, token.endIndex).trim();
      if (word !== '') found[word] = token.scopes.at(-1)!.replace(/\.blueprint$/, '');
    }
  }
  return found;
}

test('modules, properties and values', () => {
  expect(
    scopes(`// about
cc_library {
    name: "lib\\n\\q",
    srcs: [first, \`raw\`] + glob,
    on: true,
    n: -12, /* all */
    arch: { arm: { é: 1 } },
}
flags += ["x"]`),
  ).toMatchObject({
    '// about': 'comment.line.double-slash',
    cc_library: 'entity.name.type.module',
    name: 'variable.other.property',
    lib: 'string.quoted.double',
    '\\n': 'constant.character.escape',
    '\\q': 'invalid.illegal.escape',
    first: 'variable.other',
    raw: 'string.quoted.other.raw',
    glob: 'variable.other',
    true: 'constant.language.boolean',
    '-12': 'constant.numeric.integer',
    '/*': 'comment.block',
    arch: 'variable.other.property',
    arm: 'variable.other.property',
    é: 'variable.other.property',
    flags: 'variable.other.assignment',
    '+=': 'keyword.operator.assignment',
  });
});

test('the old style of modules', () => {
  expect(scopes('m(\n    name = "x",\n    deps = [v],\n)\n')).toMatchObject({
    m: 'entity.name.type.module',
    name: 'variable.other.property',
    deps: 'variable.other.property',
    v: 'variable.other',
  });
});

test('select', () => {
  expect(
    scopes(`m {
    p: select((arch(), os("x")), {
        ("arm", any @ bound): other,
        (default, default): unset,
    }) + after,
    q: 1,
}
after2 = 1`),
  ).toMatchObject({
    select: 'keyword.control.select',
    arch: 'support.function.condition',
    os: 'support.function.condition',
    arm: 'string.quoted.double',
    any: 'keyword.other.pattern',
    bound: 'variable.parameter',
    other: 'variable.other',
    default: 'keyword.other.pattern',
    unset: 'keyword.other.pattern',
    after: 'variable.other',
    q: 'variable.other.property',
    after2: 'variable.other.assignment',
  });
});

test('what the package names is in it', () => {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(PACKAGE, path), 'utf8'));
  const { main, contributes } = read('package.json') as {
    main: string;
    contributes: {
      languages: { id: string; configuration: string; filenames: string[]; extensions: string[] }[];
      grammars: { language: string; scopeName: string; path: string }[];
    };
  };
  const [language] = contributes.languages;
  const [rules] = contributes.grammars;
  expect(language).toMatchObject({ filenames: ['Blueprints'], extensions: ['.bp'] });
  expect(rules!.language).toBe(language!.id);
  expect((read(rules!.path) as { scopeName: string }).scopeName).toBe(rules!.scopeName);
  read(language!.configuration);
  expect(existsSync(join(PACKAGE, main))).toBe(true);
});
