// `ashlar/syntax`, as another tool has it: from the package, without the rest.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

function run(script: string): string {
  const argv = ['--input-type=module', '--eval', script];
  return execFileSync(process.execPath, argv, { cwd: PROJECT, encoding: 'utf8' });
}

test('a tool can parse, evaluate, change and print', () => {
  const output = run(`
    import { addStrings, evaluate, format, formatDiagnostic, ok, parse, print, Scope, updateProperty } from 'ashlar/syntax';
    const text = 'v = ["a"]\\nm { name: "x", srcs: v + ["b"] }\\n';
    const { file } = parse({ file: 'Blueprints', text });
    const [module] = evaluate(file, new Scope()).modules;
    console.log(module.properties[1].value.values.map(({ value }) => value).join());
    console.log(format({ file: 'Blueprints', text }).value);
    for (const diagnostic of parse({ file: 'Blueprints', text: 'm {' }).diagnostics) {
      console.log(formatDiagnostic(diagnostic));
    }
  `);
  expect(output).toBe(
    'a,b\nv = ["a"]\nm {\n    name: "x",\n    srcs: v + ["b"],\n}\n\n' +
      'Blueprints:1:4: error: expected "}", found EOF\n  1 | m {\n    |    ~\n' +
      '  Blueprints:1:3: note: it was opened here\n',
  );
});
