// Makes scripts of what esbuild made: modules that Node's own loader would take, for src/cli/load.ts to take, which can
// keep what V8 makes of them. Goes by the form in which esbuild writes imports and exports, and stops at any other.
// Lines stay where they are, so that source maps stay true.

/** What src/cli/load.ts gives to each part; the names are those that are written in the sources. */
const GIVEN = ['require', 'ashlarImport', 'ashlarDirname', 'ASHLAR_COURSES'];

/**
 * The script of a module of the bundle: an expression, a function that returns the exports. A program has no exports
 * and may wait at its top: it returns a promise. Throws for a module of another form.
 * @param {string} path for messages
 * @param {string} module as esbuild writes it
 * @param {{ program: boolean, imports: number, exports: number }} facts how many of each it has
 */
export function scriptOf(path, module, { program, imports, exports }) {
  const fail = (why) => {
    throw new Error(`${path}: ${why}`);
  };
  const whole = module.replace(/[^\x00-\x7f]/g, escaped);
  const end = END.exec(whole)?.index ?? whole.length;
  const last = EXPORT.exec(whole.slice(0, end));
  let found = 0;
  const body = whole
    .slice(0, last === null ? end : last.index)
    .replace(IMPORT, (_, what, quoted) => {
      found += 1;
      return what === undefined ? `require(${quoted});` : importOf(what, quoted, fail);
    })
    .replace(/\bimport\((?="\.\.?\/)|(?<=\bawait )import\(/g, 'ashlarImport(');
  if (found !== imports) fail(`${imports} imports, of which ${found} were found`);
  const given = last === null ? [] : exportsOf(last);
  if (given.length !== exports) fail(`${exports} exports, of which ${given.length} were found`);
  for (const [, local] of given) checkConstant(local, body, fail);
  if (program && exports > 0) fail('a program with exports');
  const begin = program ? '(async function' : '(function';
  const returned = given.map(([as, local]) => `${as}: ${local}`).join(', ');
  const close = program ? '})' : `return { ${returned} };\n})`;
  return `${begin} (${GIVEN.join(', ')}) { "use strict";${body}\n${close}\n${whole.slice(end)}`;
}

/** In strings esbuild has done so; what is left is in patterns, where it means the same, and in comments. */
function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Comments that esbuild ends with: where licences are, and where the source map. */
const END = /(?:^\/\*![^\n]*\*\/\n)?(?:^\/\/# sourceMappingURL=[^\n]*\n)?(?![^])/m;
const IMPORT = /^import (?:([^'"]+?) from )?("(?:node:|\.\.?\/)[^"\n]+");$/gm;
const EXPORT = /^export (?:\{([^}]*)\}|default (.+));\s*(?![^])/m;

/** `what` is all between `import` and `from`. */
function importOf(what, name, fail) {
  const isOwn = name.startsWith('".');
  const rest = what
    .replace(/\{.*\}/s, '')
    .replace(/,/g, '')
    .trim();
  const names = /\{.*\}/s.exec(what)?.[0];
  const declared = [];
  if (names !== undefined) declared.push(`${names.replace(/ as /g, ': ')} = require(${name})`);
  const whole = /^\* as ([\w$]+)$/.exec(rest);
  if (whole !== null) declared.push(`${whole[1]} = require(${name})`);
  else if (/^[\w$]+$/.test(rest)) {
    // Node's own modules are their default exports.
    declared.push(`${rest} = require(${name})${isOwn ? '.default' : ''}`);
  } else if (rest !== '') fail(`of another form: import ${what}`);
  return `const ${declared.join(', ')};`;
}

/** Names that others see, each with what it is here. */
function exportsOf([, names, value]) {
  if (names === undefined) return [['default', value]];
  const all = names.split(',').map((one) => one.trim());
  return all
    .filter((one) => one !== '')
    .map((one) => {
      const [local, as = local] = one.split(' as ');
      return [as, local];
    });
}

/** Others hold the value, not the variable: it must not get another one later. */
function checkConstant(name, body, fail) {
  // An enum of TypeScript, `(X || (X = {}))`, gets its value at once.
  const exact = `(?<![\\w$.]|\\|\\| \\()${name.replace(/\$/g, '\\$')}(?![\\w$])`;
  const given = new RegExp(
    `${exact}\\s*(?:=(?![=>])|(?:[-+*/%&|^]|\\*\\*|&&|\\|\\||\\?\\?|<<|>>>?)=|\\+\\+|--)`,
    'g',
  );
  const empty = new RegExp(`^(?:var|let) (?:[^=\\n]*, )?${exact}[,;]`, 'm');
  const times = [...body.matchAll(given)].length;
  if (times > 1 || (times === 1 && empty.test(body))) fail(`${name} is exported, and changes`);
}
