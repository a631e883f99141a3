// The program around tests: which functions it runs, and, with the Go of this machine, that it does.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testMain } from '../../../src/bootstrap/go/testmain.ts';
import { findToolchain } from '../../../src/bootstrap/go/toolchain.ts';
import { scratch } from '../../rig/scratch.ts';

const entries = (source: string): string[] =>
  testMain('a', [source])
    .split('\n')
    .filter((line) => line.startsWith('\t{'));

describe('which functions count', () => {
  test('tests are named like one, and take a pointer to testing.T', () => {
    const source = `
      func Test(t *testing.T) {}
      func TestA(t *testing.T) {}
      func Test_a(_ *testing.T) {}
      func TestÄ(*testing.T,) {}
      func TestOther(t *other.T) {}
      func Testify(t *testing.T) {}
      func TestNothing() {}
      func TestTwo(t *testing.T, n int) {}
      func TestValue(t testing.T) {}
      func TestResult(t *testing.T) error {}
      func TestMain(m *testing.M) {}`;
    expect(entries(source)).toEqual([
      '\t{"Test", pkg.Test},',
      '\t{"TestA", pkg.TestA},',
      '\t{"Test_a", pkg.Test_a},',
      '\t{"TestÄ", pkg.TestÄ},',
      '\t{"TestOther", pkg.TestOther},',
    ]);
  });

  test('examples say what they print', () => {
    const source = `
      func Example() {
        // Output: a "b"
        // c
      }
      func ExampleA() {
        // why

        // Unordered output:
        // b
      }
      func ExampleSilent() { f() }`;
    expect(entries(source)).toEqual([
      String.raw`	{"Example", pkg.Example, "a \"b\"\nc\n", false},`,
      String.raw`	{"ExampleA", pkg.ExampleA, "b\n", true},`,
    ]);
  });

  test('a package without tests is only imported', () => {
    expect(testMain('a', ['func helper() {}'])).toContain('\t_ "a"\n');
  });
});

describe('the program', () => {
  const toolchain = findToolchain(process.env);
  if (!toolchain.ok) throw new Error('the tests need Go: see .ci/setup');
  const { root, compile, link } = toolchain.value;

  /** Compiles the sources of a package with the program around them, and runs that. */
  function run(sources: readonly string[], ...argv: readonly string[]): SpawnSyncReturns<string> {
    using space = scratch();
    const go = (tool: string, ...words: readonly string[]): void => {
      const options = { cwd: space.path, encoding: 'utf8', env: { GOROOT: root } } as const;
      const { status, stdout } = spawnSync(tool, words, options);
      if (status !== 0) throw new Error(stdout);
    };
    mkdirSync(space.at('x'));
    const files = sources.map((source, index) => {
      writeFileSync(space.at(`${index}.go`), source);
      return `${index}.go`;
    });
    writeFileSync(space.at('main.go'), testMain('x/p', sources));
    go(compile, '-o', 'x/p.a', '-p', 'x/p', '-complete', '-pack', ...files);
    go(compile, '-o', 'main.a', '-p', 'main', '-complete', '-I', '.', '-pack', 'main.go');
    go(link, '-o', 'program', '-L', '.', 'main.a');
    return spawnSync(space.at('program'), argv, { encoding: 'utf8' });
  }

  test('runs tests, benchmarks, fuzz seeds and examples', () => {
    const source = `package p
      import ("fmt"; "testing")
      func TestA(t *testing.T) {}
      func BenchmarkA(b *testing.B) {}
      func FuzzA(f *testing.F) { f.Add("seed"); f.Fuzz(func(t *testing.T, s string) {}) }
      func ExampleA() {
        fmt.Println("a")
        // Output: a
      }`;
    const { status, stdout } = run([source], '-test.v', '-test.bench=.', '-test.benchtime=1x');
    expect(status).toBe(0);
    for (const name of ['TestA', 'FuzzA', 'FuzzA/seed#0', 'ExampleA']) {
      expect(stdout).toContain(`--- PASS: ${name}`);
    }
    expect(stdout).toContain('BenchmarkA');
  });

  test('fails with a test, and with an example that prints something else', () => {
    const test = 'package p\nimport "testing"\nfunc TestA(t *testing.T) { t.Fatal("no") }';
    expect(run([test]).status).toBe(1);
    const example = 'package p\nfunc ExampleA() {\n// Output: a\n}';
    expect(run([example]).status).toBe(1);
  });

  test('lets TestMain run them, whether it exits or returns', () => {
    const of = (body: string): string => `package p
      import ("os"; "testing")
      var _ = os.Exit
      func TestMain(m *testing.M) { ${body} }
      func TestA(t *testing.T) { t.Fatal("no") }`;
    expect(run([of('os.Exit(7)')]).status).toBe(7);
    expect(run([of('m.Run()')]).status).toBe(1);
  });

  test('a package without tests passes', () => {
    expect(run(['package p']).status).toBe(0);
  });
});
