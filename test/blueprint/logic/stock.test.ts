// The stock module types: which statements they make of what files say, and what they say against mistakes. Ninja loads
// every manifest.
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import { Engine, memoryFiles } from '../../../src/index.ts';
import { stockLogic } from '../../../src/blueprint/logic/stock.ts';
import { isNinjaAtLeast, loadManifest } from '../../rig/ninja.ts';

const CONFIG = { out: 'out', cc: 'cc', ar: 'ar' };

interface Made {
  readonly manifest: string;
  /** Statements without their comments, one string for each, in the order of the manifest. */
  readonly statements: readonly string[];
  readonly problems: readonly string[];
}

function make(files: string | Readonly<Record<string, string>>, config = CONFIG): Made {
  const all = typeof files === 'string' ? { Blueprints: files } : files;
  const engine = new Engine({ files: memoryFiles(all), config }, stockLogic);
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) {
      return { manifest: '', statements: [], problems: diagnostics.map(formatDiagnostic) };
    }
  }
  const manifest = engine.manifest();
  loadManifest(manifest);
  const unwrapped = manifest.replace(/ \$\n +/g, ' ');
  const statements = [...unwrapped.matchAll(/^build (?:.*)\n(?: {4}.*\n)*/gm)].map(
    ([text]) => text,
  );
  return { manifest, statements, problems: [] };
}

/** The statement that makes an output. */
function statement({ statements, problems }: Made, output: string): string {
  expect(problems).toEqual([]);
  const found = statements.filter((text) => text.startsWith(`build ${output}:`));
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** The command of the rule that a module has of its own. */
function commandOf({ manifest, problems }: Made, module: string): string {
  expect(problems).toEqual([]);
  const text = manifest.replace(/ \$\n +/g, ' ');
  const rule = text.slice(text.indexOf(`rule m.${module}_.command\n`));
  return /^ {4}command = (.*)$/m.exec(rule)![1]!;
}

/** The first line of each problem, without its place. */
function messages({ problems }: Made): string[] {
  return problems.map((text) => text.split('\n')[0]!.replace(/^\S+ error: /, ''));
}

describe('genrule', () => {
  const files = { 'x.txt': '', 'sub/a.txt': '', 'sub/b.txt': '' };
  const commandFor = (cmd: string, more = ''): string =>
    commandOf(
      make({
        ...files,
        Blueprints: `filegroup { name: "fg", srcs: ["sub/*.txt"] }
cc_binary { name: "tool", srcs: ["t.c"] }
genrule { name: "g", srcs: ["x.txt", ":fg"], outs: ["o", "deep/p"], tools: ["tool"], tool_files: ["s.sh"], cmd: "${cmd}", ${more} }`,
      }),
      'g',
    );

  test.each([
    ['$(in)', 'x.txt sub/a.txt sub/b.txt'],
    ['$( out )', 'out/gen/g/o out/gen/g/deep/p'],
    ['$(gendir)', 'out/gen/g'],
    ['$(depfile)', 'out/gen/g/o.d'],
    ['$(location tool)', 'out/bin/tool'],
    ['$(location s.sh)', 's.sh'],
    ['$(location x.txt)', 'x.txt'],
    ['$(location   a.txt)', 'sub/a.txt'],
    ['$(location sub/b.txt)', 'sub/b.txt'],
    ['$(location :fg)', 'sub/a.txt sub/b.txt'],
    ['$(location deep/p)', 'out/gen/g/deep/p'],
    ['$HOME $$HOME $$(date) $$$$', '$$HOME $$HOME $$(date) $$$$'],
  ])('%s is %s', (cmd, expanded) => expect(commandFor(cmd)).toBe(expanded));

  test('paths are quoted for the shell, and escaped for Ninja', () => {
    const made = make(
      'genrule { name: "a b", srcs: ["in $x.txt"], outs: ["o\'ut"], cmd: "cp $(in) $(out)" }',
    );
    expect(made.manifest).toContain("    command = cp 'in $$x.txt' 'out/gen/a b/o'\\''ut'\n");
    expect(statement(made, "out/gen/a$ b/o'ut")).toContain('in$ $$x.txt');
  });

  test('tools and tool files are there before it runs, and their changes run it again', () => {
    const made = make(
      'cc_binary { name: "tool", srcs: ["t.c"] }\n' +
        'genrule { name: "g", outs: ["o"], tools: ["tool"], tool_files: ["s"], cmd: "x" }',
    );
    expect(statement(made, 'out/gen/g/o')).toMatch(/ \| out\/bin\/tool s$/m);
  });

  test('a dependency file only where there is one', () => {
    const text = (more: string): string =>
      make(`genrule { name: "g", outs: ["o"], cmd: "x", ${more} }`).manifest;
    expect(text('')).not.toContain('depfile');
    expect(text('depfile: true')).toContain('    depfile = out/gen/g/o.d\n    deps = gcc\n');
  });

  test('several outputs with one dependency file need a Ninja that keeps it', () => {
    const version = (more: string): string => {
      const { manifest } = make(`genrule { name: "g", cmd: "touch $(out)", ${more} }`);
      return /^ninja_required_version = (.*)$/m.exec(manifest)![1]!;
    };
    expect(version('outs: ["a", "b"]')).toBe('1.7.0');
    expect(version('outs: ["a"], depfile: true')).toBe('1.7.0');
    if (isNinjaAtLeast(1, 10)) expect(version('outs: ["a", "b"], depfile: true')).toBe('1.10.0');
  });

  test('a pattern that cannot be followed is not told as one that matches nothing', () => {
    const made = make({
      ...files,
      Blueprints: 'genrule { name: "g", srcs: ["a/**", "b/***/x"], outs: ["o"], cmd: "x" }',
    });
    expect(messages(made)).toEqual([
      `module "g": srcs[0]: pattern has '**' as last path element`,
      `module "g": srcs[1]: pattern contains other characters between '**' and path separator`,
    ]);
    expect(made.problems.every((text) => text.startsWith('Blueprints:1:26: '))).toBe(true);
  });

  test('mistakes, all at once', () => {
    const made = make({
      ...files,
      Blueprints: `genrule { name: "g", srcs: ["x.txt", "*.c"], outs: [], cmd: "$(location x.tx) $(nope)" }
filegroup { name: "fg" }
genrule { name: "h", outs: ["o"], tools: ["fg"], cmd: "a\\nb" }
defaults { name: "d" }
genrule { name: "i", srcs: [":d"], outs: ["o"], cmd: "$(location *.txt)" }`,
    });
    expect(messages(made)).toEqual([
      'module "g": srcs[1]: "*.c" matches no files',
      'module "g": outs: there must be at least one output',
      'module "g": cmd: $(location x.tx) is no tool and none of the files: did you mean "x.txt"?',
      'module "g": cmd: there is no $(nope); a shell\'s own is written $$(nope)',
      'module "h": tools[0]: module "fg" makes no program',
      'module "h": cmd: it has several lines, which Ninja cannot pass on: join them with && or ;',
      'module "i": srcs[0]: module "d" offers no files',
      'module "i": cmd: $(location *.txt) is no tool and none of the files',
    ]);
  });
});

describe('sources', () => {
  const files = { 'd/a.c': '', 'd/b.c': '', 'd/e/c.c': '', 'd/e/README': '' };
  const inputsOf = (srcs: string, more = ''): string => {
    const made = make({
      ...files,
      Blueprints: 'subdirs = ["d"]',
      'd/Blueprints': `genrule { name: "g", srcs: ${srcs}, ${more} outs: ["o"], cmd: "x" }`,
    });
    return /: \S+ ?(.*)$/m.exec(statement(made, 'out/gen/d/g/o'))![1]!;
  };

  test.each([
    ['["b.c", "a.c"]', '', 'd/b.c d/a.c'],
    ['["*.c"]', '', 'd/a.c d/b.c'],
    ['["**/*.c"]', '', 'd/a.c d/b.c d/e/c.c'],
    ['["**/*.c"]', 'exclude_srcs: ["e/*"],', 'd/a.c d/b.c'],
    ['["a.c", "b.c"]', 'exclude_srcs: ["a.c"],', 'd/b.c'],
    ['["b.c", "*.c", "b.c"]', '', 'd/b.c d/a.c'],
    ['["*"]', '', 'd/Blueprints d/a.c d/b.c'],
    ['["../d/a.c"]', '', 'd/a.c'],
  ])('%s %s', (srcs, more, inputs) => expect(inputsOf(srcs, more)).toBe(inputs));
});

describe('names as targets', () => {
  test('a module, and a group of files, are built by their names', () => {
    const made = make(
      'filegroup { name: "fg", srcs: ["a", ":g"] }\ngenrule { name: "g", outs: ["o"], cmd: "x" }',
    );
    expect(statement(made, 'fg')).toBe('build fg: phony a out/gen/g/o\n');
    expect(statement(made, 'g')).toBe('build g: phony out/gen/g/o\n');
  });

  test('a phony stands for its modules, phonies among them, and builds nothing by default', () => {
    const made = make(`phony { name: "all", deps: ["p", "fg", "lib"] }
phony { name: "p", deps: ["g"] }
filegroup { name: "fg", srcs: ["a"] }
cc_library { name: "lib" }
genrule { name: "g", outs: ["o"], cmd: "x" }`);
    expect(statement(made, 'all')).toBe('build all: phony p fg lib\n');
    expect(statement(made, 'lib')).toBe('build lib: phony\n');
    expect(made.manifest).not.toMatch(/^default (all|p|fg|lib)$/m);
    expect(made.manifest).toMatch(/^default out\/gen\/g\/o$/m);
  });

  test('a phony over a module of several variants stands for all of them', () => {
    const made = make(
      'phony { name: "p", deps: ["b"] }\ncc_binary { name: "b", srcs: ["b.c"], archs: ["x", "y"] }',
    );
    expect(statement(made, 'p')).toBe('build p: phony b\n');
    expect(statement(made, 'b')).toBe('build b: phony out/bin/x/b out/bin/y/b\n');
  });

  test('what makes nothing cannot be in one', () => {
    const made = make('phony { name: "p", deps: ["d", "no"] }\ndefaults { name: "d" }');
    expect(messages(made)).toEqual(['"p" depends on undefined module "no"']);
    const other = make('phony { name: "p", deps: ["d"] }\ndefaults { name: "d" }');
    expect(messages(other)).toEqual([
      'module "p": deps[0]: module "d" makes nothing that Ninja could build',
    ]);
  });

  test('a module that is made from a file of its name is no target, for Ninja would see a circle', () => {
    const modules = `genrule { name: "gen", tool_files: ["gen"], outs: ["o"], cmd: "./gen" }
genrule { name: "words", srcs: ["words"], outs: ["p"], cmd: "cp $(in) $(out)" }
cc_library { name: "x.c", srcs: ["x.c"], archs: ["a", "b"] }
cc_binary { name: "y.c", archs: ["a", "b"], arch: { a: { srcs: ["y.c"] }, b: { srcs: ["x.c"] } } }`;
    const made = make(modules);
    expect(made.problems).toEqual([]);
    expect(made.statements.filter((text) => text.includes('phony'))).toEqual([
      'build check: phony\n',
    ]);
    expect(messages(make(`${modules}\nphony { name: "all", deps: ["gen"] }`))).toEqual([
      'module "all": deps[0]: module "gen" cannot be named, because it is made from a file of that name',
    ]);
  });

  test('all variants of a module are behind its name; an output of that name is the name itself', () => {
    const made = make('cc_binary { name: "b", srcs: ["b.c"], archs: ["x", "y"] }');
    expect(statement(made, 'b')).toBe('build b: phony out/bin/x/b out/bin/y/b\n');
    const own = make(
      'filegroup { name: "README", srcs: ["README", "b"] }\nphony { name: "p", deps: ["README"] }',
    );
    expect(statement(own, 'p')).toBe('build p: phony README\n');
    expect(own.statements.some((text) => text.startsWith('build README:'))).toBe(false);
  });
});

describe('C', () => {
  test('headers among the sources are there when something is compiled, and are not compiled', () => {
    const made = make({
      Blueprints: `genrule { name: "gen", outs: ["g.h", "g.c"], cmd: "touch $(out)" }
cc_library { name: "l", srcs: ["*.c", "*.h", ":gen"] }
cc_library { name: "only", srcs: ["*.h"] }`,
      'a.c': '',
      'a.h': '',
    });
    const line = 'g.stock.compile a.c || a.h out/gen/gen/g.h\n';
    expect(statement(made, 'out/obj/l/a.c.o')).toContain(line);
    expect(statement(made, 'out/lib/libl.a')).not.toContain('.h.o');
    expect(made.manifest).not.toContain('libonly.a');
  });

  test('a source has one object in each module, wherever it lies', () => {
    const made = make({
      Blueprints: 'subdirs = ["d/e"]',
      'd/e/Blueprints': `cc_library { name: "l", srcs: ["../x.c", "y.c", "../e/y.c", "/abs/z.c", "../../../up/w.c"],
    archs: ["p"], arch: { p: { srcs: ["y.c", "v.c"] } }, include_dirs: ["/abs/inc", "..", "."] }
cc_library { name: "m", srcs: ["../x.c"] }`,
    });
    const objects = made.statements.flatMap((text) => /^build (\S*\.o):/.exec(text)?.[1] ?? []);
    expect(objects).toEqual([
      'out/obj/p/d/e/l/d/x.c.o',
      'out/obj/p/d/e/l/y.c.o',
      'out/obj/p/d/e/l/_root/abs/z.c.o',
      'out/obj/p/d/e/l/_up/up/w.c.o',
      'out/obj/p/d/e/l/v.c.o',
      'out/obj/d/e/m/d/x.c.o',
    ]);
    expect(statement(made, 'out/obj/p/d/e/l/y.c.o')).toContain('flags = -I/abs/inc -Id -Id/e\n');
  });

  test('flags come in the order: own, of the variant, include directories near to far', () => {
    const made = make({
      Blueprints: `subdirs = ["d"]
cc_library { name: "far", export_include_dirs: ["far inc"], libs: ["m"] }
cc_library { name: "near", srcs: ["n.c"], deps: ["far"], export_include_dirs: ["near"], libs: ["dl"], include_dirs: ["private"] }`,
      'd/Blueprints': `cc_binary { name: "b", srcs: ["b.c"], deps: ["near"], include_dirs: ["."],
    cflags: ["-O2", "-DX=\\"a b\\""], archs: ["x"], arch: { x: { cflags: ["-mx"], srcs: ["x.c"], ldflags: ["-Lx"] }, y: { cflags: ["-my"] } },
    ldflags: ["-g"], libs: ["z"] }`,
    });
    expect(statement(made, 'out/obj/x/d/b/b.c.o')).toContain(
      `    flags = -O2 '-DX="a b"' -mx -Id -Inear '-Ifar inc'\n`,
    );
    expect(statement(made, 'out/obj/x/d/b/x.c.o')).toContain('-mx');
    expect(statement(made, 'out/obj/x/near/n.c.o')).toContain(
      `    flags = -Iprivate -Inear '-Ifar inc'\n`,
    );
    const link = statement(made, 'out/bin/x/b');
    expect(link).toMatch(
      /out\/obj\/x\/d\/b\/b\.c\.o out\/obj\/x\/d\/b\/x\.c\.o out\/lib\/x\/libnear\.a$/m,
    );
    expect(link).toContain('    flags = -g -Lx\n    libs = -lz -ldl -lm\n');
  });

  test('archives are linked once each, before those that they use', () => {
    const made = make(`cc_library { name: "a", srcs: ["a.c"], deps: ["b", "c"] }
cc_library { name: "b", srcs: ["b.c"], deps: ["c"] }
cc_library { name: "c", srcs: ["c.c"] }
cc_binary { name: "p", srcs: ["p.c"], deps: ["c", "a"] }`);
    expect(statement(made, 'out/bin/p')).toMatch(
      / out\/lib\/liba\.a out\/lib\/libb\.a out\/lib\/libc\.a$/m,
    );
  });

  test('generated headers come before everything that may include them, and are found', () => {
    const made = make(`genrule { name: "gen", outs: ["inc/x.h"], cmd: "x" }
cc_library { name: "l", srcs: ["l.c"], generated_headers: [":gen"] }
cc_library { name: "m", srcs: ["m.c"], deps: ["l"] }
cc_binary { name: "p", srcs: ["p.c"], deps: ["m"] }`);
    for (const object of ['l/l', 'm/m', 'p/p']) {
      const text = statement(made, `out/obj/${object}.c.o`);
      expect(text).toMatch(/ \|\| out\/gen\/gen\/inc\/x\.h$/m);
      expect(text.includes('-Iout/gen/gen/inc')).toBe(object === 'l/l');
    }
  });

  test('libraries are made in the variants that those who link them have; tools are not', () => {
    const made =
      make(`cc_library { name: "l", srcs: ["l.c"], cflags: select(arch(), { "x": ["-x"], default: ["-d"] }) }
cc_binary { name: "p", srcs: ["p.c", ":g"], deps: ["l"], archs: ["x", "y"], arch: { y: { cflags: ["-my"] } } }
cc_binary { name: "tool", srcs: ["t.c"], deps: ["l"] }
genrule { name: "g", tools: ["tool"], outs: ["g.c"], cmd: "$(location tool)" }`);
    const objects = made.statements.flatMap(
      (text) => /^build (out\/obj\/\S*l\.c\.o):/.exec(text)?.[1] ?? [],
    );
    expect(objects.sort()).toEqual(['out/obj/l/l.c.o', 'out/obj/x/l/l.c.o', 'out/obj/y/l/l.c.o']);
    expect(statement(made, 'out/obj/x/l/l.c.o')).toContain('flags = -x\n');
    expect(statement(made, 'out/obj/l/l.c.o')).toContain('flags = -d\n');
    expect(statement(made, 'out/obj/x/p/p.c.o')).not.toContain('-my');
    expect(statement(made, 'out/obj/y/p/p.c.o')).toContain('flags = -my\n');
    expect(statement(made, 'out/bin/tool')).toMatch(/ out\/lib\/libl\.a$/m);
    expect(statement(made, 'out/bin/y/p')).toMatch(/ out\/lib\/y\/libl\.a$/m);
    expect(statement(made, 'out/obj/x/p/out/gen/g/g.c.o')).toBeDefined();
  });

  test('tests are built and run by name and by `check`, and by nothing else', () => {
    const made = make({
      Blueprints: 'subdirs = ["d"]\ncc_test { name: "t", srcs: ["t.c"], archs: ["x", "y"] }',
      'd/Blueprints': 'cc_test { name: "s", srcs: ["s.c"] }',
    });
    expect(statement(made, 't')).toBe('build t: phony out/test/x/t.passed out/test/y/t.passed\n');
    expect(statement(made, 'check')).toBe(
      'build check: phony out/test/s.passed out/test/x/t.passed out/test/y/t.passed\n',
    );
    expect(made.manifest).not.toMatch(/^default/m);
    expect(statement(make('filegroup { name: "f" }'), 'check')).toBe('build check: phony\n');
  });

  test('the programs of a build directory elsewhere are run where they are', () => {
    const made = make('cc_test { name: "t", srcs: ["t.c"] }', { ...CONFIG, out: '/o ut' });
    expect(statement(made, '/o$ ut/test/t.passed')).toMatch(/: \S+ \/o\$ ut\/test\/t$/m);
    expect(made.manifest).toContain('    command = if ${in} > ${out}.log');
  });

  test('mistakes, all at once', () => {
    const made = make(`cc_binary { name: "p", deps: ["f"] }
filegroup { name: "f" }
cc_library { name: "l", srcs: ["*.c"], cflags: select(nope(), { default: [] }) }
cc_library { name: "m", cflags: select(arch(), { "x": ["-x"] }) }`);
    expect(messages(made)).toEqual([
      'module "p": module "f" is no library',
      'module "p": srcs: a program needs at least one source',
      expect.stringContaining('unknown condition nope()'),
      'module "l": srcs[0]: "*.c" matches no files',
      expect.stringContaining('arch()'),
    ]);
  });
});

describe('defaults', () => {
  test('come before what a module says itself, further ones before those that name them', () => {
    const made = make(`defaults { name: "base", cflags: ["-base"], archs: ["x"] }
defaults { name: "one", cflags: ["-one"], defaults: ["base"], export_include_dirs: ["inc"] }
defaults { name: "two", cflags: ["-two"], srcs: ["two.c"] }
cc_binary { name: "p", srcs: ["p.c"], cflags: ["-own"], defaults: ["one", "two"] }`);
    expect(statement(made, 'out/obj/x/p/p.c.o')).toContain('flags = -base -one -two -own\n');
    expect(statement(made, 'out/bin/x/p')).toMatch(/two\.c\.o out\/obj\/x\/p\/p\.c\.o$/m);
  });

  test('mistakes', () => {
    expect(
      messages(
        make(`cc_library { name: "l" }
cc_library { name: "m", defaults: ["l"] }
cc_library { name: "n", defaults: ["nope"] }`),
      ),
    ).toEqual(['"n" depends on undefined module "nope"']);
    expect(
      messages(make('cc_library { name: "l" }\ncc_library { name: "m", defaults: ["l"] }')),
    ).toEqual(['module "m": defaults: module "l" is not of type defaults']);
  });
});
