// `gotestmain -o FILE -pkg PATH SOURCE…`: writes the program around a package's tests, as the original's did.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import { testMain } from './testmain.ts';

/** Does what the command line says. Error codes `bootstrap/usage` and `fs/…`. */
export function goTestMain(argv: readonly string[]): Result<undefined> {
  // Go's flags have one dash, however long they are.
  const args = argv.map((one) => (one === '-pkg' ? '--pkg' : one));
  const options = { output: { type: 'string', short: 'o' }, pkg: { type: 'string' } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return usage((error as Error).message);
  }
  const { output, pkg } = parsed.values;
  if (output === undefined || pkg === undefined) return usage('expected -o and -pkg');
  try {
    const sources = parsed.positionals.map((file) => readFileSync(file, 'utf8'));
    writeFileSync(output, testMain(pkg, sources));
    return ok(undefined);
  } catch (error) {
    return failed(systemError('write the test program', error, output));
  }
}

function usage(message: string): Result<undefined> {
  const hint = 'usage: gotestmain -o FILE -pkg PATH SOURCE…';
  return failed(definitionError({ code: 'bootstrap/usage', message, hint }));
}
