// The example of a tree with a module type of its own: as its README line says, and as a newcomer would go on.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OwnTree } from '../rig/bootstrap.ts';
import { PROJECT } from '../rig/program.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

let space: Scratch;
let tree: OwnTree;
beforeAll(() => {
  space = scratch();
  tree = new OwnTree(`${PROJECT}/examples/own-logic`).copy(space.at('own-logic'));
  if (tree.exists('out')) tree.remove('out');
});
afterAll(() => space[Symbol.dispose]());

test('it builds, with its tests', () => {
  expect(tree.steps([], { RUN_TESTS: '1' })).toContain('test builder');
  const page = tree.read('out/pages/getting_started.html');
  expect(page).toContain('<h1>First steps</h1>');
  expect(page).toContain('<p>\n');
  expect(tree.read('out/.bootstrap/docs/builder.html')).toContain('id="type-page"');
});

test('a page more: its text, and a module for it', () => {
  tree.write('pages/more.txt', 'more\n');
  tree.write(
    'pages/Blueprints',
    `${tree.read('pages/Blueprints')}page { name: "more_pages", src: "more.txt" }\n`,
  );
  const steps = tree.steps([], { RUN_TESTS: '1' });
  expect(steps).toContain('page out/pages/more_pages.html');
  expect(steps.filter((step) => step.startsWith('page'))).toHaveLength(1);
  expect(tree.read('out/pages/more_pages.html')).toContain('<title>More pages</title>');
});

test('a plugin adds a module type, without the builder naming it', () => {
  tree.write(
    'stamp/stamp.ts',
    `import { moduleType, ninjaEscape, packageContext, type Logic } from 'ashlar';

const stamps = packageContext('own-logic/stamp');
const make = stamps.rule('make', { command: 'echo stamped > $out', description: 'stamp $out' });
const stamp = moduleType({
  name: 'stamp',
  doc: 'A stamp.',
  properties: {},
  generate(ctx) {
    const { out } = ctx.config as { readonly out: string };
    const outputs = [ninjaEscape(\`\${out}/\${ctx.name}.stamp\`)];
    ctx.build(stamps, { rule: make, outputs, inputs: [] });
  },
});
export const logic: Logic = { moduleTypes: [stamp] };
`,
  );
  const module = `
bootstrap_ts_package {
    name: "stamps",
    pkgPath: "own-logic/stamps",
    srcs: ["stamp/stamp.ts"],
    pluginFor: ["builder"],
}

stamp { name: "first" }
`;
  const before = tree.read('Blueprints');
  tree.write('Blueprints', `${before}${module}`);
  expect(tree.steps()).toContain('stamp out/first.stamp');
  expect(tree.read('out/first.stamp')).toBe('stamped\n');
  tree.write('Blueprints', before);
  expect(tree.build().status).toBe(0);
  expect(tree.exists('out/first.stamp')).toBe(false);
});

test('a mistyped property is shown at its place, with what was meant', () => {
  tree.edit('pages/Blueprints', 'title: "First steps"', 'titel: "First steps"');
  const { status, stdout } = tree.build([], { RUN_TESTS: '1' });
  expect(status).toBe(2);
  expect(stdout).toMatch(/pages\/Blueprints:9:\d+: error: unrecognized property "titel"/);
});
