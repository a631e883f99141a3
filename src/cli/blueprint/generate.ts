// What `ashlar generate` does, without printing.
import { dirname, relative, resolve } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { shellEscapeIncludingSpaces } from '../../blueprint/api.ts';
import {
  checkGlobs,
  generate,
  type Generated,
  type GenerateOptions,
} from '../../blueprint/phase/generate.ts';
import { withOwnPlaces } from '../../bootstrap/panic.ts';
import { loadLogic } from './logic.ts';
import { isUsers } from './ashlarimport.ts';

export interface GenerateRequest {
  readonly cwd: string;
  readonly source: string;
  readonly output: string;
  readonly root: string | undefined;
  readonly list: string | undefined;
  readonly logic: string | undefined;
  readonly ignoreUnknownTypes: boolean;
  readonly fresh: boolean;
  readonly checkGlobs: boolean;
}

export interface GenerateAnswer {
  readonly generated: Generated | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Generates a manifest, or only checks the globs of the last one. */
export async function answerGenerate(request: GenerateRequest): Promise<GenerateAnswer> {
  const { cwd, root, ignoreUnknownTypes, fresh } = request;
  const source = resolve(cwd, request.source);
  const inSource = (path: string): string => {
    const inner = relative(source, resolve(cwd, path));
    return inner.startsWith('..') ? resolve(cwd, path) : inner;
  };
  const output = inSource(request.output);
  const out = dirname(output) === '.' ? 'out' : dirname(output);
  const loaded = await loadLogic(cwd, request.logic, out);
  if (!loaded.ok) return { generated: undefined, diagnostics: loaded.diagnostics };
  const { logic, version, config } = loaded.value;
  const options: GenerateOptions = {
    source,
    output,
    root,
    listFile: request.list === undefined ? undefined : inSource(request.list),
    logic,
    logicVersion: version,
    config,
    ignoreUnknownModuleTypes: ignoreUnknownTypes,
    fresh,
    debug: true,
    commands: commandsOf(request, source, output),
  };
  if (request.checkGlobs) {
    const checked = checkGlobs(options);
    return { generated: undefined, diagnostics: checked.ok ? [] : checked.diagnostics };
  }
  const generated = generate(options);
  if (!generated.ok) {
    const diagnostics = generated.diagnostics.map((one) => withOwnPlaces(one, isUsers));
    return { generated: undefined, diagnostics };
  }
  return { generated: generated.value, diagnostics: generated.value.warnings };
}

/** How Ninja runs the same again, in the source root. */
function commandsOf(
  { cwd, root, list, logic, ignoreUnknownTypes }: GenerateRequest,
  source: string,
  output: string,
): GenerateOptions['commands'] {
  const program = process.argv[1];
  if (program === undefined) return undefined;
  const option = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  const fromSource = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : relative(source, resolve(cwd, path));
  const words = [
    process.execPath,
    program,
    'generate',
    ...option('--output', output),
    ...option('--root', root),
    ...option('--list', fromSource(list)),
    ...option('--logic', fromSource(logic)),
    ...(ignoreUnknownTypes ? ['--ignore-unknown-types'] : []),
  ];
  const command = words.map(shellEscapeIncludingSpaces).join(' ');
  return { generate: `${command} --quiet`, checkGlobs: `${command} --check-globs` };
}
