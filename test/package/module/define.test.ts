// What is told of a declaration beyond errors: what is allowed, and most likely not meant.
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import type { PackageDeclaration } from '../../../src/package/module/declaration.ts';
import { defineModule } from '../../../src/package/module/define.ts';
import { packageValues, type PackageData } from '../../../src/package/module/properties.ts';

const source = { file: 'Blueprints', text: 'package {\n}\n' };

/** Warnings of a package with these properties. */
function said(data: PackageData): string[] {
  const declaration: PackageDeclaration = {
    name: 'p',
    variant: null,
    directory: '.',
    values: packageValues(data),
    placeOf: (property) => (property === 'variables' ? { source, start: 0, end: 7 } : undefined),
    at: { source, start: 0, end: 9 },
    files: new Map(),
  };
  const file = { path: '/tree/Blueprints', shown: 'Blueprints' };
  const { diagnostics } = defineModule(declaration, { directory: '/tree', file, mirrors: [] });
  return diagnostics
    .filter(({ severity }) => severity === 'warning')
    .map((one) => formatDiagnostic(one));
}

test('a known variable behind a plain dollar is warned of, where it is set', () => {
  const [first, ...more] = said({
    variables: {
      INSTALL_ARGS: 'X=$DESTDIR RPATH=$ORIGIN HOME=$HOME',
      MAKE: '$$DESTDIR',
      Y: '${DESTDIR}',
    },
  });
  expect(more).toEqual([]);
  expect(first).toMatch(
    /^Blueprints:1:1: warning: the value of INSTALL_ARGS has \$DESTDIR in it, which stays as it is$/m,
  );
  expect(first).toMatch(/^ {2}hint: write \$\{DESTDIR\} for its value, or \$\$DESTDIR where /m);
});
