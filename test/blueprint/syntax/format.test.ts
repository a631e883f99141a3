// Formatting: what it keeps, and that it comes to rest.
import { describe, expect, test } from 'vitest';
import { format } from '../../../src/blueprint/syntax/format.ts';
import { cases } from './golden.ts';

function formatted(text: string, sort = false): string {
  const result = format({ file: 'Blueprints', text }, { sort });
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  return result.value;
}

describe('golden cases', () => {
  const printable = cases('2025').filter(({ print }) => typeof print === 'string');
  test.each(printable.map((golden) => [golden.id, golden] as const))('%s', (_id, golden) => {
    const text = formatted(golden.input);
    expect(text).toBe(golden.print);
    expect(formatted(text)).toBe(text);
    if (typeof golden.sortprint !== 'string') return;
    const sorted = formatted(golden.input, true);
    expect(sorted).toBe(golden.sortprint);
    expect(formatted(sorted, true)).toBe(sorted);
  });
});
