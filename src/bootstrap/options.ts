// The command line of what makes manifests: `minibp` and primary builders have the same, the original's.
import { parseArgs } from 'node:util';
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';
import { toolNames } from './languages.ts';

export interface GeneratorOptions {
  /** The top Blueprints file, relative to the source root, which is the working directory. */
  readonly topFile: string;
  readonly output: string;
  readonly buildDir: string;
  readonly depfile: string | undefined;
  readonly template: string | undefined;
  readonly bootstrap: string;
  readonly engine: string | undefined;
  readonly runTests: boolean;
  readonly tools: Readonly<Record<string, string>>;
  /** Make the second manifest. */
  readonly buildPrimary: boolean;
  /** Play the primary builder, and make the main manifest. */
  readonly asBuilder: boolean;
  readonly checkGlobs: boolean;
  /** Write this page about module types, and nothing else. */
  readonly docs: string | undefined;
  /** Fill in this template, and nothing else. */
  readonly fill: string | undefined;
}

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  buildDir: { type: 'string', short: 'b', default: '.' },
  depfile: { type: 'string', short: 'd' },
  manifest: { type: 'string', short: 'm' },
  test: { type: 'boolean', short: 't', default: false },
  primary: { type: 'boolean', short: 'p', default: false },
  'build-primary': { type: 'boolean', default: false },
  'check-globs': { type: 'boolean', default: false },
  docs: { type: 'string' },
  fill: { type: 'string' },
  bootstrap: { type: 'string', default: '' },
  engine: { type: 'string' },
  tool: { type: 'string', multiple: true, default: [] as string[] },
} as const;

const USAGE =
  'usage: [-t] [-p] [-m TEMPLATE] [-b DIR] [-d DEPFILE] [--docs FILE] -o FILE BLUEPRINTS';

/** Error `bootstrap/usage`. */
export function readOptions(argv: readonly string[]): Result<GeneratorOptions> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return usage((error as Error).message);
  }
  const { values, positionals } = parsed;
  const [topFile, ...others] = positionals;
  if (topFile === undefined || others.length > 0) return usage('expected one Blueprints file');
  const output = values.output ?? values.docs;
  if (output === undefined) return usage('expected -o FILE');
  const tools = Object.fromEntries(toolNames().map((name) => [name, '']));
  for (const pair of values.tool) {
    const equals = pair.indexOf('=');
    tools[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return ok({
    topFile,
    output,
    buildDir: values.buildDir,
    depfile: values.depfile,
    template: values.manifest,
    bootstrap: values.bootstrap,
    engine: values.engine,
    runTests: values.test,
    tools,
    buildPrimary: values['build-primary'],
    asBuilder: values.primary,
    checkGlobs: values['check-globs'],
    docs: values.docs,
    fill: values.fill,
  });
}

function usage(message: string): Result<never> {
  return failed(definitionError({ code: 'bootstrap/usage', message, hint: USAGE }));
}
