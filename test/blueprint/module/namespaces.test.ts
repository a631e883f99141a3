import { describe, expect, test } from 'vitest';
import { formatDiagnostic, type Diagnostic } from '../../../src/base/diagnostic.ts';
import {
  bottomUp,
  combine,
  dependencyTag,
  directoryNamespaces,
  Engine,
  list,
  memoryFiles,
  moduleName,
  moduleType,
  packageContext,
  string,
  type Logic,
} from '../../../src/index.ts';
import { loadManifest } from '../../rig/ninja.ts';

const tag = dependencyTag('dep');
const pkg = packageContext('test/namespaces');
const touch = pkg.rule('touch', { command: 'touch $out' });

const logic: Logic = {
  moduleTypes: [
    moduleType({ name: 'namespace', properties: { imports: list(string()) } }),
    moduleType({
      name: 'm',
      properties: { deps: list(moduleName({ tag })) },
      generate(ctx) {
        const value = ctx.variable(pkg, 'v', ctx.directory);
        expect(value.name).toBe('v');
        for (const name of ctx.properties.deps) {
          expect(ctx.directDependency(name, tag), name).toBeDefined();
        }
        const deps = ctx.directDependencies().map(({ module }) => module.directory);
        ctx.build(pkg, {
          rule: touch,
          outputs: [`${ctx.directory}/${ctx.name}`],
          comment: `deps ${deps.join(' ')} in $v`,
          description: '$v',
        });
      },
    }),
  ],
  names: directoryNamespaces({ type: 'namespace' }),
};

function run(
  files: Readonly<Record<string, string>>,
  more: Logic = {},
): {
  manifest: string;
  diagnostics: readonly Diagnostic[];
} {
  const list = Object.keys(files);
  const engine = new Engine({ files: memoryFiles(files), list }, combine(logic, more));
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return { manifest: '', diagnostics };
  }
  return { manifest: engine.manifest(), diagnostics: [] };
}

const root = 'm { name: "a" }\nm { name: "root" }\n';
const vendor = 'namespace { name: "vendor" }\nm { name: "a" }\n';

describe('names', () => {
  test('mean the own name space, then imported ones, then the root; or exactly one', () => {
    const { manifest, diagnostics } = run({
      Blueprints: `${root}m { name: "r", deps: ["a", "//vendor:a", "//:a"] }\n`,
      'vendor/Blueprints': `${vendor}m { name: "v", deps: ["a", "root", "//:a"] }\n`,
      'vendor/deep/er/Blueprints': 'm { name: "d", deps: ["a"] }\n',
      'hw/Blueprints':
        'namespace { name: "hw", imports: ["vendor"] }\nm { name: "h", deps: ["v", "a", "root"] }\n',
      'vendored/Blueprints': 'm { name: "not", deps: ["a"] }\n',
    });
    expect(diagnostics).toEqual([]);
    const depsOf = Object.fromEntries(
      [...manifest.matchAll(/^# deps (.*) in .*\nbuild (.*?):/gm)].map(([, deps, name]) => [
        name,
        deps,
      ]),
    );
    expect(depsOf).toEqual({
      './a': '',
      './root': '',
      './r': '. vendor .',
      'vendor/a': '',
      'vendor/v': 'vendor . .',
      'vendor/deep/er/d': 'vendor',
      'hw/h': 'vendor vendor .',
      'vendored/not': '.',
    });
    expect(manifest).toContain('# Module:  a\n');
    loadManifest(manifest);
  });

  test('of other name spaces are suggested', () => {
    const { diagnostics } = run({
      Blueprints: 'm { name: "r", deps: ["v", "rr"] }\n',
      'vendor/Blueprints': `${vendor}m { name: "v" }\n`,
    });
    const text = diagnostics.map(formatDiagnostic).join('\n');
    expect(text).toContain('"r" depends on undefined module "v"');
    expect(text).toContain('hint: there is "//vendor:v" in another name space');
  });

  test('may repeat in different name spaces only', () => {
    const { diagnostics } = run({
      Blueprints: root,
      'vendor/Blueprints': `${vendor}m { name: "a" }\n`,
    });
    expect(diagnostics.map(({ message }) => message)).toEqual(['module "a" already defined']);
  });
});

describe('renaming', () => {
  /** Renames `old` to `new` wherever it is, then lets modules named `user` depend on these names. */
  const renaming = (...deps: readonly string[]): Logic => ({
    mutators: [
      bottomUp('rename', (ctx) => {
        if (ctx.name === 'old') ctx.rename('new');
      }),
      bottomUp('late', (ctx) => {
        if (ctx.name === 'user') ctx.addDependency(tag, ...deps);
      }),
    ],
  });
  const files = {
    Blueprints: 'm { name: "user" }\nm { name: "new" }\n',
    'vendor/Blueprints': 'namespace { name: "vendor" }\nm { name: "old" }\n',
    'other/Blueprints': 'namespace { name: "other" }\nm { name: "old" }\n',
  };

  test('is within the name space of the module: the same name elsewhere is another', () => {
    const { manifest, diagnostics } = run(files, renaming('new', '//vendor:new', '//other:new'));
    expect(diagnostics).toEqual([]);
    expect(manifest).toContain('# deps . vendor other in ');
    expect(manifest).toMatch(/^build vendor\/new: /m);
    expect(manifest).toMatch(/^build other\/new: /m);
    loadManifest(manifest);
  });

  test('ends the old name', () => {
    const { diagnostics } = run(files, renaming('//vendor:old'));
    expect(diagnostics.map(({ message }) => message)).toEqual([
      '"user" depends on undefined module "//vendor:old"',
    ]);
  });

  test('to a name that the name space has is an error at both', () => {
    const { diagnostics } = run(
      { ...files, 'vendor/deep/Blueprints': 'm { name: "new" }\n' },
      renaming(),
    );
    expect(diagnostics.map(formatDiagnostic).join('\n')).toMatch(
      /^vendor\/Blueprints:2:1: error: renaming module "old" to "new" conflicts[^]*vendor\/deep\/Blueprints:1:1: note: existing module/,
    );
  });

  test('to nothing is a mistake', () => {
    const nothing: Logic = { mutators: [bottomUp('rename', (ctx) => ctx.rename(''))] };
    const { diagnostics } = run({ Blueprints: 'm { name: "a" }' }, nothing);
    expect(diagnostics.map(({ message }) => message).join()).toContain('renamed to nothing');
  });
});

test.each([
  ['twice', 'namespace { name: "x" }\nnamespace { name: "y" }\n', 'before the modules in it'],
  ['late', 'm { name: "x" }\nnamespace { name: "y" }\n', 'before the modules in it'],
])('a name space that is declared %s', (_, text, message) => {
  const { diagnostics } = run({ Blueprints: '', 'dir/Blueprints': text });
  expect(diagnostics.map(formatDiagnostic).join('\n')).toContain(message);
});
