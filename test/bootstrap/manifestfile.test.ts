import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readManifest } from '../../src/bootstrap/manifestfile.ts';
import { scratch } from '../rig/scratch.ts';

const MANIFEST = `# a comment
ninja_required_version = 1.7.0
dir = out with blank
bar = |
g.x.deep = \${dir}/deep
rule touch
    command = touch $out
build \${dir}/a out/b$ c$:d: touch in/one.c $
        in/two$ 2.c | in/hidden || in/order
build ./out/../plain//x | out/implicit\${bar}y: touch in/$$dollar
    dir = elsewhere
build \${g.x.deep}/z: phony
subninja inner.ninja
default plain/x
`;

test('outputs and inputs are those that Ninja sees', () => {
  using space = scratch();
  writeFileSync(space.at('build.ninja'), MANIFEST);
  writeFileSync(space.at('inner.ninja'), 'dir = inner\nbuild ${dir}/w: touch\n');
  mkdirSync(space.at('in'));
  const cwd = process.cwd();
  process.chdir(space.path);
  try {
    const { outputs, inputs, edges, files } = readManifest('build.ninja');
    const targets = execFileSync('ninja', ['-t', 'targets', 'all'], { encoding: 'utf8' });
    const known = targets
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, line.lastIndexOf(': ')));
    expect([...outputs].sort()).toEqual(known.sort());
    expect([...inputs].sort()).toEqual([
      'in/$dollar',
      'in/hidden',
      'in/one.c',
      'in/order',
      'in/two 2.c',
    ]);
    expect(edges).toHaveLength(4);
    expect(files).toEqual(['build.ninja', 'inner.ninja']);
  } finally {
    process.chdir(cwd);
  }
});

test('text that is no manifest is read without throwing', () => {
  for (const text of [
    '',
    'build',
    'build :',
    'build a',
    'build a: ',
    'x = $',
    '$\n$\n$',
    'build $',
  ]) {
    expect(() => readManifest('x', text)).not.toThrow();
  }
});
