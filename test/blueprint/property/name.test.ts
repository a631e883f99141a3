import { expect, test } from 'vitest';
import {
  ninjaEscape,
  shellEscape,
  shellEscapeIncludingSpaces,
} from '../../../src/blueprint/ninja/escape.ts';
import {
  fieldNameForProperty,
  propertyNameForField,
} from '../../../src/blueprint/property/name.ts';
import { golden } from '../golden.ts';

interface Golden {
  readonly escape: readonly {
    readonly in: string;
    readonly ninja: string;
    readonly shell: string;
    readonly shellIncludingSpaces: string;
    readonly ninjaAndShell: string;
  }[];
  readonly property_name_for_field: readonly { field: string; property: string }[];
  readonly field_name_for_property: readonly { field: string; property: string }[];
}

const data = golden('proptools/escape_and_names.json') as Golden;

test.each(data.escape)('escaping $in', (wanted) => {
  expect(ninjaEscape(wanted.in)).toBe(wanted.ninja);
  expect(shellEscape(wanted.in)).toBe(wanted.shell);
  expect(shellEscapeIncludingSpaces(wanted.in)).toBe(wanted.shellIncludingSpaces);
  expect(shellEscape(ninjaEscape(wanted.in))).toBe(wanted.ninjaAndShell);
});

test.each(data.property_name_for_field)('property of $field', ({ field, property }) => {
  expect(propertyNameForField(field)).toBe(property);
});

test.each(data.field_name_for_property)('field of $property', ({ field, property }) => {
  expect(fieldNameForProperty(property)).toBe(field);
});
