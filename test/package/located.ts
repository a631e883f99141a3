// Short ways for tests to make located JSON and to look at diagnostics.
import { Collector, formatPlace, type Diagnostic } from '../../src/base/diagnostic.ts';
import { parseJson, type JsonNode } from '../../src/base/json.ts';

export function parse(text: string): JsonNode {
  const result = parseJson({ file: 'test.json', text });
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  return result.value;
}

/** What a reader makes of a text, with everything it reports. */
export function collect<T>(read: (out: Collector) => T): { value: T; out: Collector } {
  const out = new Collector();
  return { value: read(out), out };
}

/** `line:column code`, errors only unless asked. */
export function summary(diagnostics: readonly Diagnostic[], severity?: 'warning'): string[] {
  return diagnostics
    .filter((one) => one.severity === (severity ?? 'error'))
    .map(({ at, code }) => `${at === undefined ? '' : formatPlace(at)} ${code}`);
}
