// Reads the golden data where it lies, beside the project; tests fail when it is missing.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export function readGolden(name: string): unknown {
  const path = resolve(import.meta.dirname, '../../../shared/golden/pkgpanda', name);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** A case of a table that maps an input to a value or an error. */
export interface Case<TInput, TValue> {
  readonly input: TInput;
  readonly ok: boolean;
  readonly value?: TValue;
  readonly message?: string;
}

/** One table of validation.json. */
export function validationTable<TCase>(name: string): TCase[] {
  const table = (readGolden('validation.json') as Record<string, TCase[]>)[name];
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}
