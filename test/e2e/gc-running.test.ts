// Making room again and again, to nothing, while real builds run, send and restore: what they use stays.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRig, PROGRAM, type Rig, type Run } from '../rig/program.ts';

const COUNT = 4;

/** A chain of packages, each with what the one before it had; `text` is in all of them. */
function tree(rig: Rig, text: string): void {
  for (let i = 0; i < COUNT; i++) {
    const requires = i === 0 ? [] : [`p${i - 1}`];
    rig.write({
      [`p${i}/buildinfo.json`]: JSON.stringify({ requires }),
      [`p${i}/build`]:
        `mkdir -p $PKG_PATH/lib\necho "${text} ${i}" > $PKG_PATH/lib/p${i}\n` +
        `for f in $(seq 30); do echo "${text} ${i} $f" > $PKG_PATH/lib/p${i}-$f; done\n` +
        (i === 0 ? '' : `cat $PKG_ROOT/lib/p${i - 1} >> $PKG_PATH/lib/p${i}\n`),
    });
  }
}

/** What a package says it was made from, in the archive of the last one. */
function outcome(rig: Rig): string {
  const last = `p${COUNT - 1}`;
  const id = rig.read(`cache/packages/${last}/latest`);
  return rig.shell(`tar -xJOf cache/packages/${last}/${id}.tar.xz lib/${last}`).stdout;
}

interface Evicting extends AsyncDisposable {
  /** What each run said. */
  readonly said: () => string;
}

function evicting(rig: Rig): Evicting {
  const line = 'while [ ! -e stop ]; do "$0" gc --max-size 0 || exit 1; done';
  const child = spawn('bash', ['-c', line, PROGRAM], { cwd: rig.directory, env: rig.env });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    said: () => said,
    [Symbol.asyncDispose]: async () => {
      rig.shell('touch ../stop');
      const [status] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
      expect(status, said).toBe(0);
    },
  };
}

test('builds that run, send and restore lose nothing to an eviction that never ends', async () => {
  using maker = createRig();
  const mirror = join(maker.directory, 'mirror');
  const go = async (rig: Rig, write: boolean): Promise<Run> => {
    const env = { ASHLAR_MIRRORS: `${write ? 'rw:' : ''}${mirror}` };
    return rig.start(['build', `p${COUNT - 1}`, '--plain'], { env }).ended;
  };
  const texts = ['one', 'two'];
  const wanted = (text: string): string =>
    Array.from({ length: COUNT }, (_, i) => `${text} ${COUNT - 1 - i}\n`).join('');
  {
    await using loop = evicting(maker);
    for (const text of texts) {
      tree(maker, text);
      const made = await go(maker, true);
      expect(made.status, made.stderr).toBe(0);
      expect(made.stderr).not.toContain('warning');
      expect(outcome(maker)).toBe(wanted(text));
    }
    while (!loop.said().includes('removed')) await new Promise((done) => setTimeout(done, 50));
  }
  expect(maker.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });

  // Another machine takes all of it, into a store that is emptied all the time.
  using taker = createRig();
  await using loop = evicting(taker);
  for (const text of texts) {
    tree(taker, text);
    const taken = await go(taker, false);
    expect(taken.status, taken.stderr).toBe(0);
    expect(taken.stderr).not.toMatch(/^ran /m);
    expect(outcome(taker)).toBe(wanted(text));
    // Two at once, of which one finds all in place and one has to put it there again.
    rmSync(join(taker.packages, 'cache'), { recursive: true });
    const both = await Promise.all([go(taker, false), go(taker, false)]);
    for (const { status, stderr } of both) expect(status, stderr).toBe(0);
    expect(outcome(taker)).toBe(wanted(text));
  }
  expect(loop.said()).not.toMatch(/error|\n\s+at /);
  expect(existsSync(join(taker.directory, 'store/tombstones'))).toBe(true);
  expect(readFileSync(join(taker.directory, 'store/tombstones'), 'latin1')).toMatch(
    /^[0-9a-f]{64} /m,
  );
});
