// The original's mapping between the names of fields in its build logic (Go's, capitalised when
// exported) and of properties in Blueprints files; for logic and documentation that come from there.

/**
 * The property of a field: with a small first letter, unless the rest of the name has capital letters
 * and none small (`FooBar` → `fooBar`, `X86` → `x86`, `URL` → `URL`).
 */
export function propertyNameForField(field: string): string {
  const [first = '', ...rest] = field;
  const others = rest.join('');
  const acronym = /\p{Lu}/u.test(others) && !/\p{Ll}/u.test(others);
  return (acronym ? first : first.toLowerCase()) + others;
}

/** The field of a property. */
export function fieldNameForProperty(property: string): string {
  const [first = '', ...rest] = property;
  return first.toUpperCase() + rest.join('');
}

/** Whether a field is visible outside its package, and so can be a property. */
export function isExported(field: string): boolean {
  return /^\p{Lu}/u.test(field);
}
