import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isId,
  isPackageName,
  nameOf,
  nameProblem,
  packageId,
  packageIdFrom,
  parsePackageId,
} from '../../src/install/id.ts';
import { validationTable, type Case } from '../package/golden.ts';

/** In Python `$` also matches before a last newline, so these passed; a name with a newline is refused here. */
const endsInNewline = (text: string): boolean =>
  text.split('--').some((part) => part.endsWith('\n'));

describe('golden', () => {
  test.each(validationTable<Case<string, boolean>>('package_id_is_id'))('is_id $input', (one) => {
    expect(isId(one.input)).toBe(one.value);
  });

  test.each(validationTable<Case<string, [string, string]>>('package_id_parse'))(
    'parse $input',
    ({ input, ok, value }) => {
      const result = parsePackageId(input);
      expect(result.ok).toBe(ok && !endsInNewline(input));
      if (!result.ok) return;
      expect([result.value.name, result.value.version]).toEqual(value);
      expect(packageId(input)).toEqual({ ok: true, value: input });
    },
  );

  test.each(validationTable<Case<[string, string], string>>('package_id_from_parts'))(
    'from parts $input',
    ({ input: [name, version], ok, value }) => {
      const result = packageIdFrom(name, version);
      expect(result.ok ? result.value : undefined).toBe(ok ? value : undefined);
    },
  );

  test.each(validationTable<Case<string, null>>('validate_name'))('name $input', (one) => {
    expect(isPackageName(one.input)).toBe(one.ok && !endsInNewline(one.input));
  });
});

test('a final newline is part of no id', () => {
  expect(packageId('a--b\n').ok).toBe(false);
  expect(packageId('a\n--b').ok).toBe(false);
});

test('errors say which part is wrong', () => {
  const codes = ['ab', 'a--b--c', '-a--b', 'a--b-c'].map((text) => {
    const result = packageId(text);
    return result.ok ? '' : result.diagnostics[0]!.code;
  });
  expect(codes).toEqual(['id/outline', 'id/outline', 'id/name', 'id/version']);
  expect(nameProblem('a b')?.code).toBe('id/name');
  expect(nameProblem('a-b')).toBeUndefined();
});

test('parts that form an id come back out of it', () => {
  const part = fc.string({ unit: fc.constantFrom(...'aZ0@_+.:-\n/') });
  fc.assert(
    fc.property(part, part, (name, version) => {
      const id = packageIdFrom(name, version);
      if (!id.ok) return;
      expect(parsePackageId(id.value)).toEqual({ ok: true, value: { name, version } });
      expect(nameOf(id.value)).toBe(name);
      expect(isId(id.value)).toBe(true);
      expect(id.value).not.toMatch(/[/\n]|^\./);
    }),
  );
});
