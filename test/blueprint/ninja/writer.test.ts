import { cleanPath } from '../../../src/blueprint/glob/path.ts';
import { describe, expect, test } from 'vitest';
import { Scope } from '../../../src/blueprint/ninja/scope.ts';
import { parseTexts } from '../../../src/blueprint/ninja/text.ts';
import { formatComment, NinjaWriter } from '../../../src/blueprint/ninja/writer.ts';
import { isNinjaAtLeast, targetsInManifest } from '../../rig/ninja.ts';
import { golden } from '../golden.ts';

interface BuildCase {
  readonly id: string;
  readonly output: string;
  readonly comment?: string;
  readonly rule?: string;
  readonly outputs: readonly string[];
  readonly implicitOutputs?: readonly string[] | null;
  readonly inputs: readonly string[] | null;
  readonly implicits: readonly string[] | null;
  readonly orderOnly?: readonly string[] | null;
  readonly validations?: readonly string[] | null;
}

interface WriterGolden {
  readonly build: BuildCase[];
  readonly build_with_vars: BuildCase[];
  readonly comment: { input: string; output: string }[];
}

const { build, build_with_vars, comment } = golden('ninja/ninja_writer.json') as WriterGolden;

const lists = [
  'outputs',
  'implicitOutputs',
  'inputs',
  'implicits',
  'orderOnly',
  'validations',
] as const;

function withVariables(): Scope {
  const scope = new Scope();
  for (const name of ['v', 'longVariableName']) {
    const fullName = `m.some_module_name_.${name}`;
    scope.addVariable({ kind: 'local variable', name, fullName, value: '' });
  }
  return scope;
}

function write(wanted: BuildCase, scope?: Scope): string {
  const writer = new NinjaWriter(new Map());
  const texts = (list: (typeof lists)[number]) =>
    scope === undefined ? (wanted[list] ?? []) : parseTexts(wanted[list] ?? [], scope);
  writer.buildLine({
    comment: wanted.comment ?? '',
    rule: wanted.rule ?? 'g.pkg.rule',
    outputs: texts('outputs'),
    implicitOutputs: texts('implicitOutputs'),
    inputs: texts('inputs'),
    implicits: texts('implicits'),
    orderOnly: texts('orderOnly'),
    validations: texts('validations'),
  });
  if (scope !== undefined) writer.defaultLine(texts('outputs'));
  return writer.take();
}

/**
 * The original did not escape `:` in inputs, so Ninja could not read such a statement; escaping it moves
 * the line breaks. To compare bytes all the same, inputs get another character of the same width.
 */
function neutral(wanted: BuildCase): BuildCase {
  const replaced = { ...wanted };
  for (const list of lists.slice(2)) {
    Object.assign(replaced, { [list]: wanted[list]?.map((path) => path.replaceAll(':', ';')) });
  }
  // The first colon that is not escaped ends the outputs; the default statement has only outputs.
  let colons = 0;
  const [statement, ...defaults] = wanted.output.split(/\n(?=default)/);
  const output = statement!.replace(/(?<!\$):/g, () => (colons++ === 0 ? ':' : ';'));
  return { ...replaced, output: [output, ...defaults].join('\n') };
}

describe('golden', () => {
  test('every case is there', () => {
    expect([build.length, build_with_vars.length, comment.length]).toEqual([390, 200, 219]);
  });

  test('build statements', () => {
    for (const wanted of build.map(neutral)) expect(write(wanted), wanted.id).toBe(wanted.output);
  });

  test('build statements with variables', () => {
    for (const wanted of build_with_vars.map(neutral)) {
      expect(write(wanted, withVariables()), wanted.id).toBe(wanted.output);
    }
  });

  test.each(comment)('comment $input', ({ input, output }) => {
    expect(formatComment(input)).toBe(output);
  });
});

describe('faults of the original, repaired', () => {
  const statement = (inputs: string[]) =>
    write({ id: '', output: '', rule: 'r', outputs: ['o|:'], inputs, implicits: [] });

  test('`:` is escaped in inputs as in outputs, `|` goes through a variable', () => {
    expect(statement(['a:b', 'c|d'])).toBe('build o${ninja.pipe}$:: r a$:b c${ninja.pipe}d\n');
  });

  test('a leading space is escaped once', () => {
    expect(statement([' x'])).toBe('build o${ninja.pipe}$:: r $ x\n');
  });

  test('white space at the start of a wrapped token stays', () => {
    const long = `\t${'x'.repeat(80)}`;
    expect(statement([long])).toBe(`build o\${ninja.pipe}$:: r $\n        ${long}\n`);
  });
});

/** Every output is `value`, so that Ninja reads back what was meant. */
function meant(path: string): string {
  return path.replaceAll(/\$\{(?:v|longVariableName)\}/g, 'value').replaceAll('$', '');
}

test('Ninja reads every golden statement as it was meant', () => {
  const parts: { text: string; outputs: Set<string> }[] = [];
  const validations = isNinjaAtLeast(1, 11);
  for (const wanted of [...build, ...build_with_vars]) {
    if (!validations && (wanted.validations ?? []).length > 0) continue;
    const named = [...wanted.outputs, ...(wanted.implicitOutputs ?? [])];
    // Line breaks are dropped by Ninja, dollars of literal statements are its own.
    if (named.some((path) => path.includes('\n'))) continue;
    if (build.includes(wanted) && named.some((path) => path.includes('$'))) continue;
    const outputs = named.map(meant);
    // Ninja refuses an output that is named twice; some of the random statements do that.
    if (new Set(outputs.map((path) => cleanPath(path))).size < outputs.length) continue;
    const free = ({ outputs: taken }: (typeof parts)[number]) =>
      outputs.every((output) => !taken.has(cleanPath(output)));
    let part = parts.find(free);
    if (part === undefined) parts.push((part = { text: '', outputs: new Set() }));
    part.text += write(wanted, build.includes(wanted) ? undefined : withVariables());
    for (const output of outputs) part.outputs.add(cleanPath(output));
  }
  const head =
    'ninja.pipe = |\nm.some_module_name_.v = value\nm.some_module_name_.longVariableName = value\n' +
    ['foo', 'r', 'g.pkg.rule'].map((rule) => `rule ${rule}\n    command = x\n`).join('');
  expect(parts.length).toBeLessThan(150);
  for (const { text, outputs } of parts) {
    const targets = [...targetsInManifest(head + text).keys()].map((path) => cleanPath(path));
    expect(targets.toSorted()).toEqual([...outputs].sort());
  }
});
