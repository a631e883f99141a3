import { expect, test } from 'vitest';
import { checkArgumentName, checkName, toNinjaName } from '../../../src/blueprint/ninja/name.ts';
import { golden } from '../golden.ts';

interface NameCase {
  readonly name: string;
  readonly toNinjaName?: string;
  readonly validateArgName: string;
  readonly validateNinjaName?: string;
}

function complaint(check: (name: string) => void, name: string): string {
  try {
    check(name);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const { cases } = golden('ninja/ninja_names.json') as { cases: NameCase[] };

test.each(cases)('golden name "$name"', (wanted) => {
  expect(complaint(checkArgumentName, wanted.name)).toBe(wanted.validateArgName);
  if (wanted.toNinjaName === undefined) return;
  expect(complaint(checkName, wanted.name)).toBe(wanted.validateNinjaName);
  expect(toNinjaName(wanted.name)).toBe(wanted.toNinjaName);
});
