// `ashlar build` told what may be taken from the cache and what may run, on three packages in a row.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

function threePackages(): Rig {
  const rig = createRig();
  const script = (name: string, below: string): string =>
    `#!/bin/bash\nmkdir -p $PKG_PATH/lib\necho ${name} ${below} >$PKG_PATH/lib/${name}\n`;
  rig.write({
    'low/buildinfo.json': '{}',
    'low/build': script('low', ''),
    'mid/buildinfo.json': '{"requires": ["low"]}',
    'mid/build': script('mid', '$(cat /opt/ashlar/lib/low)'),
    'top/buildinfo.json': '{"requires": ["mid"]}',
    'top/build': script('top', '$(cat /opt/ashlar/lib/mid)'),
  });
  return rig;
}

/** What one build said of each task, by outcome. */
function build(
  rig: Rig,
  ...options: string[]
): { status: number | null; said: string; text: string } {
  const { status, stderr } = rig.run(['build', 'top', '--plain', ...options]);
  const said = stderr
    .split('\n')
    .flatMap(
      (line) => /^(ran|failed|skipped|restored) +(\S+)/.exec(line)?.slice(1, 3).join(' ') ?? [],
    )
    .toSorted()
    .join(', ');
  return { status, said, text: stderr };
}

test('forced tasks run, and what follows only where something differs', () => {
  using rig = threePackages();
  expect(build(rig).status).toBe(0);
  expect(build(rig).said).toBe('');
  expect(build(rig, '--force', 'low:build').said).toBe('ran low:build');
  expect(build(rig, '--from', 'mid:build').said).toBe('ran mid:build, ran mid:write_tar');
  expect(build(rig, '--no-cache').said.split(', ')).toHaveLength(6);
  expect(build(rig).said).toBe('');

  // One whose result differs each time: what follows is made from it, also by the build after.
  writeFileSync(
    join(rig.packages, 'low/build'),
    '#!/bin/bash\nmkdir -p $PKG_PATH/lib\ndate +%N >$PKG_PATH/lib/low\n',
  );
  expect(build(rig).said.split(', ')).toHaveLength(6);
  rig.run(['build', 'low', '--plain', '--force', 'low:build']);
  const after = build(rig).said;
  expect(after).toContain('ran mid:build');
  expect(after).toContain('ran top:build');
  expect(after).not.toContain('low:build');
  expect(build(rig).said).toBe('');
});

test('a name that no task has, and options that contradict each other, are told', () => {
  using rig = threePackages();
  const unknown = build(rig, '--force', 'low:biuld');
  expect(unknown.status).toBe(2);
  expect(unknown.text).toContain('did you mean "low:build"?');
  const both = build(rig, '--require-cached', '--no-cache');
  expect(both.status).toBe(2);
  expect(both.text).toContain('--no-cache and --require-cached contradict each other');
  expect(build(rig, '--allow', 'x').text).toContain('--require-cached only');
});

test('where all has to be cached, each task that would run is named, and none runs', () => {
  using rig = threePackages();
  build(rig);
  expect(build(rig, '--require-cached')).toMatchObject({ status: 0, said: '' });
  writeFileSync(join(rig.packages, 'mid/build'), '#!/bin/bash\ntouch $PKG_PATH/new\n');
  const { status, said, text } = build(rig, '--require-cached');
  expect(status).toBe(1);
  expect(said).toBe(
    'failed mid:build, failed mid:write_tar, failed top:build, failed top:write_tar',
  );
  expect(text).toContain('error: mid:build is not in the cache, and may not run');
  expect(text).toContain('mid/build');
  expect(build(rig, '--require-cached', '--allow', '*:*')).toMatchObject({ status: 0 });
});

test('what is on record is restored, and nothing runs', () => {
  using rig = threePackages();
  build(rig);
  writeFileSync(join(rig.packages, 'top/build'), '#!/bin/bash\ntouch $PKG_PATH/new\n');
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  const { status, said } = build(rig, '--restore-only');
  expect(status).toBe(0);
  expect(said).not.toContain('ran');
  expect(said).toContain('skipped top:write_tar');
  expect(existsSync(join(rig.packages, 'cache/packages/mid/latest'))).toBe(true);
  expect(existsSync(join(rig.packages, 'cache/packages/top/latest'))).toBe(false);
});
