// Images among the tasks that can be asked about: explained, compared, verified and locked as packages are.
import { expect, test } from 'vitest';
import { keyOfTask, steady } from '../rig/explained.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

function write(rig: Rig, flags: string, packages: string): void {
  rig.write({
    Blueprints: `package {
    name: "lib",
    version: "1",
    variables: { FLAGS: "${flags}" },
    tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; echo $FLAGS > $DESTDIR$PREFIX/share/lib" } },
}

package {
    name: "tool",
    version: "1",
    tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/bin; echo tool > $DESTDIR$PREFIX/bin/tool" } },
}

image {
    name: "system",
    packages: [${packages}],
    formats: ["tar"],
}
`,
  });
}

test('an image that cannot be written is told of by what is wrong in it', () => {
  using rig = createRig();
  const script = 'mkdir -p $DESTDIR$PREFIX/etc; touch $DESTDIR$PREFIX/etc/.wh.conf';
  rig.write({
    Blueprints: [
      `package { name: "one", version: "1", tasks: { install: { script: "${script}" } } }`,
      'image { name: "system", packages: ["one"], formats: ["oci"] }',
    ].join('\n'),
  });
  const { status, stderr } = rig.run(['build', 'system']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: "opt\/ashlar\/etc\/\.wh\.conf" cannot be in an image/m);
});

test('an image is explained by what changed below it, and by what it is made of', () => {
  using rig = createRig();
  write(rig, '-O2', '"lib"');
  expect(rig.run(['why', 'system']).stdout).toBe('system:image  would run\n  because new here\n');
  expect(rig.run(['build', 'system']).status).toBe(0);
  expect(steady(rig.run(['why', 'system']).stdout, rig)).toBe(
    'system:image  ran on <date> in <n> s\n  because new here\n',
  );
  const key = keyOfTask(rig, 'system');

  write(rig, '-O3', '"lib"');
  const why = steady(rig.run(['why', 'system:image']).stdout, rig);
  expect(why).toContain('because lib:install: FLAGS in Blueprints:4: "-O2" → "-O3"\n');
  const diff = rig.run(['diff', key, 'system']);
  expect(diff.stdout).toContain('FLAGS in Blueprints:4: "-O2" → "-O3"\n');
  expect(diff.status).toBe(1);

  write(rig, '-O2', '"lib", "tool"');
  const more = steady(rig.run(['why', 'system']).stdout, rig);
  expect(more).toContain('because packages.tool in Blueprints:16: added\n');
  write(rig, '-O2', '"tool"');
  expect(rig.run(['diff', key, 'system']).stdout).toContain('packages.lib: removed\n');
  // Among all tasks of the tree, too, and in a comparison of trees.
  expect(rig.run(['why']).stdout).toContain('system:image  would run\n');
  expect(rig.run(['diff', './', './']).stdout).toMatch(/^no difference in \d+ tasks\n$/);
  expect(rig.run(['why', 'system:imag']).stderr).toContain('did you mean "system:image"');
});

test('an image is verified, and locked', () => {
  using rig = createRig();
  write(rig, '-O2', '"lib"');
  const verified = rig.run(['verify', 'system']);
  expect(verified.stdout).toContain('1 of 1 task is reproducible\n');
  expect(rig.run(['lock', 'system']).stdout).toBe('locked system:image\n');
  write(rig, '-O3', '"lib"');
  const locked = rig.run(['build', 'system']);
  expect(locked.stderr).toMatch(/warning: system:image is locked to the key [0-9a-f]{64}/);
  expect(locked.stderr).not.toMatch(/^ran /m);
  expect(locked.status).toBe(0);
  // No lock of a stray task, either.
  expect(rig.run(['build']).stderr).not.toContain('which is no task of this tree');
});
