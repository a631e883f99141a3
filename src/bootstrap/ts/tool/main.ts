// `tsbuild`: what Ninja runs for modules in TypeScript. One program with a word for each kind of step, so that a
// tree which embeds Ashlar has one thing to make before all others.
import { formatDiagnostic, type Diagnostic } from '../../../base/diagnostic.ts';
import { systemError } from '../../../base/fs.ts';

/** A step: prints nothing, returns what is wrong. */
export type Step = (argv: readonly string[]) => Promise<readonly Diagnostic[]>;

const STEPS: Readonly<Record<string, () => Promise<Step>>> = {
  check: async () => (await import('./check.ts')).check,
  bundle: async () => (await import('./bundle.ts')).bundle,
  test: async () => (await import('./test.ts')).test,
};

async function run(name: string, argv: readonly string[]): Promise<number> {
  const load = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`tsbuild: expected one of ${Object.keys(STEPS).join(', ')}\n`);
    return 2;
  }
  let problems: readonly Diagnostic[];
  try {
    problems = await (await load())(argv);
  } catch (error) {
    problems = [systemError(name, error)];
  }
  for (const problem of problems) process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return problems.length > 0 ? 1 : 0;
}

// No await out here: where a tree embeds Ashlar, this is bundled as CommonJS, which Node runs from every path.
const [name = '', ...argv] = process.argv.slice(2);
void run(name, argv).then((status) => {
  process.exitCode = status;
});
