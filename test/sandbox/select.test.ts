// Backends by name.
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { DEFAULT_SANDBOX, sandboxNames, selectSandbox } from '../../src/sandbox/select.ts';
import { scratch } from './rig.ts';

test('every name leads to the backend of that name', async () => {
  using work = scratch();
  expect(sandboxNames[0]).toBe(DEFAULT_SANDBOX);
  for (const name of sandboxNames) {
    const sandbox = await selectSandbox(name, { directory: work.path });
    expect(sandbox).toMatchObject({ ok: true, value: { name, hermetic: name !== 'host' } });
  }
});

test.each([
  ['bubblewarp', 'did you mean "bubblewrap"? (known ones are bubblewrap, host)'],
  ['docker', 'known ones are bubblewrap, host'],
  ['constructor', 'known ones are bubblewrap, host'],
  ['', 'known ones are bubblewrap, host'],
])('%s is unknown', async (name, hint) => {
  const found = await selectSandbox(name, { directory: '/nowhere' }, { file: 'ashlar.json' });
  if (found.ok) throw new Error('found');
  expect(found.diagnostics[0]).toMatchObject({ code: 'sandbox/unknown', fault: 'definition' });
  expect(formatDiagnostic(found.diagnostics[0]!)).toBe(
    `ashlar.json: error: unknown sandbox "${name}"\n  hint: ${hint}`,
  );
});
