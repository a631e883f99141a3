// Builds under clocks that were set back and forward: keys and results are the same, and nothing that was
// made under one is taken for old or new under another.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyOfTask } from '../rig/explained.ts';
import { createRig } from '../rig/program.ts';

function library(): string | undefined {
  for (const folder of ['/usr/lib', '/usr/lib64']) {
    if (!existsSync(folder)) continue;
    for (const name of ['.', ...readdirSync(folder)]) {
      const path = join(folder, name, 'faketime/libfaketimeMT.so.1');
      if (existsSync(path)) return path;
    }
  }
}

const preload = library();

/** Today, a year ago, in fifty years, when time began, and when 32 bits end. */
const CLOCKS = ['+0', '-1y', '+50y', '@1970-01-02 00:00:00', '@2038-01-19 03:14:06'];

describe.skipIf(preload === undefined)('a clock', () => {
  const under = (clock: string): { env: Record<string, string> } => ({
    env: {
      LD_PRELOAD: preload!,
      FAKETIME: clock,
      DONT_FAKE_MONOTONIC: '1',
      // Files keep the times that they have.
      NO_FAKE_STAT: '1',
    },
  });

  test('that was set, however far, changes no key, and makes nothing run again', () => {
    using rig = createRig();
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build': 'mkdir $PKG_PATH/lib; echo 1 > $PKG_PATH/lib/p',
    });
    const keys = new Set<string>();
    for (const clock of CLOCKS) {
      keys.add(keyOfTask(rig, 'p:build', under(clock)));
    }
    expect(keys.size).toBe(1);
    for (const [index, clock] of CLOCKS.entries()) {
      const run = rig.run(['build'], under(clock));
      expect(run.status, run.stderr).toBe(0);
      expect(/^ran /m.test(run.stderr)).toBe(index === 0);
    }
  });

  test('that was set between changes hides none of them', () => {
    using rig = createRig();
    for (const [index, clock] of CLOCKS.entries()) {
      // Of one size, one right after the other.
      rig.write({
        'p/buildinfo.json': '{}',
        'p/build': `mkdir $PKG_PATH/lib; echo ${index} > $PKG_PATH/lib/p`,
      });
      const run = rig.run(['build'], under(clock));
      expect(run.status, run.stderr).toBe(0);
      expect(run.stderr).toContain('ran      p:build');
      const id = rig.read('cache/packages/p/latest');
      const { stdout } = rig.shell(`tar -xJOf cache/packages/p/${id}.tar.xz lib/p`);
      expect(stdout).toBe(`${index}\n`);
    }
    // Made under so many clocks, all of it is still found, and still makes room.
    expect(rig.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });
    expect(rig.run(['gc', '--max-size', '0'])).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(rig.run(['cache', 'stat', '--json']).stdout)).toMatchObject({ results: 0 });
  });
});
