import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillTemplate } from '../../src/bootstrap/template.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFileSync } from 'node:fs';

const TEMPLATE = `dir = @@Dir@@
word = @@Dir:word@@
rule echo
  command = printf '%s\\n' \${word} $in && touch $out
build out: echo \${dir}/file
`;

/** What Ninja would run for a template that is filled in with a path. */
function commandFor(path: string): string {
  using space = scratch();
  const filled = fillTemplate(TEMPLATE, { Dir: path }, 'template');
  if (!filled.ok) throw new Error(filled.diagnostics[0]!.message);
  writeFileSync(space.at('build.ninja'), filled.value);
  const argv = ['-C', space.path, '-t', 'commands', 'out'];
  const said = execFileSync('ninja', argv, { encoding: 'utf8' });
  return said.replace(/^ninja: Entering directory .*\n/, '').trimEnd();
}

test.each([
  '/plain/path',
  '/with blanks/ and more',
  `/it's "quoted"`,
  '/pipe|and&amp;',
  '/back\\slash\\1',
  '/$HOME/$$/${x}',
  '/sharp # and *?[x]',
  ' leading',
  '@@Dir@@',
])('a value that is %j reaches a shell as it is', (path) => {
  const words = execFileSync('sh', ['-c', commandFor(path).replace(/ && touch .*$/, '')], {
    encoding: 'utf8',
  });
  expect(words).toBe(`${path}\n${path}/file\n`);
});

test('any path survives being a word', () => {
  const char = fc.constantFrom(...` a$'"|&\\#;*{}@:=`);
  fc.assert(
    fc.property(fc.string({ unit: char, minLength: 1, maxLength: 12 }), (path) => {
      const filled = fillTemplate('@@Dir:word@@', { Dir: path }, 'template');
      const word = filled.ok ? filled.value.replaceAll('$$', '$') : '';
      expect(execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(path);
    }),
    { numRuns: 30 },
  );
});

test('a placeholder without a value, and a line break, are errors; an optional word is empty', () => {
  const missing = fillTemplate('a = @@Nothing@@', {}, 'build.ninja.in');
  expect(missing).toMatchObject({ ok: false, diagnostics: [{ code: 'bootstrap/placeholder' }] });
  const broken = fillTemplate('a = @@Dir@@', { Dir: 'a\nb' }, 'build.ninja.in');
  expect(broken).toMatchObject({ ok: false, diagnostics: [{ code: 'bootstrap/line-break' }] });
  expect(fillTemplate('-x @@Go:word?@@ y', {}, 'f')).toEqual({ ok: true, value: '-x  y' });
});
