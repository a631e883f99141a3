import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { unpackTar } from '../../../src/base/tar/unpack.ts';
import { SOURCE_LIMITS, type Limits } from '../../../src/base/unpack/limits.ts';
import type { Unpacked, UnpackOptions } from '../../../src/base/unpack/options.ts';
import { archive, END, pax, raw, type RawEntry } from '../../rig/raw-tar.ts';
import { picture, scratch, type Scratch } from '../../rig/scratch.ts';

const directory = (name: string, more: RawEntry = {}): RawEntry => ({ name, type: '5', ...more });
const symlink = (name: string, link: string): RawEntry => ({ name, type: '2', link });
const hardlink = (name: string, link: string): RawEntry => ({ name, type: '1', link });
const file = (name: string, content = name): RawEntry => ({ name, content });

function limited(limits: Partial<Limits>): UnpackOptions {
  return { limits: { ...SOURCE_LIMITS, ...limits } };
}

/** Unpacks where a neighbour holds what must not change; says what came of it. */
async function attempt(
  bytes: Buffer,
  options: UnpackOptions = {},
): Promise<{ code: string; text: string; made: string[] }> {
  using work = scratch();
  return await attemptIn(work, bytes, options);
}

async function attemptIn(
  work: Scratch,
  bytes: Buffer,
  options: UnpackOptions = {},
): Promise<{ code: string; text: string; made: string[] }> {
  mkdirSync(work.at('outside'), { recursive: true });
  writeFileSync(work.at('outside/secret'), 'secret');
  // Who reads a file that was last read before it was written leaves a newer time of reading.
  const [unread, written] = [1_000_000_000, 1_500_000_000];
  utimesSync(work.at('outside/secret'), unread, written);
  const before = picture(work.at('outside'), { times: true });
  utimesSync(work.at('outside/secret'), unread, written);
  const result = await unpackTar([bytes], work.at('out'), { label: 'it.tar', ...options });
  expect(statSync(work.at('outside/secret')).atimeMs).toBe(unread * 1000);
  expect(picture(work.at('outside'), { times: true })).toEqual(before);
  if (result.ok) {
    expect(readdirSync(work.path).sort()).toEqual(['out', 'outside']);
    return { code: 'unpacked', text: '', made: picture(work.at('out')) };
  }
  // Neither the destination nor anything that was to become it is left.
  expect(readdirSync(work.path)).toEqual(['outside']);
  return {
    code: result.diagnostics[0]!.code,
    text: formatDiagnostic(result.diagnostics[0]!),
    made: [],
  };
}

function shown(result: Result<Unpacked>): unknown {
  return result.ok ? result.value : result.diagnostics.map((diagnostic) => diagnostic.code);
}

describe('what is unpacked', () => {
  test('files, directories and links, with their modes and times', async () => {
    using work = scratch();
    const bytes = archive(
      directory('d/', { mode: '0000700\0' }),
      { name: 'd/tool', mode: '0000775\0', content: '#!/bin/sh\n', mtime: '07346545000\0' },
      { name: 'd/text', mode: '0000600\0', content: 'x'.repeat(3000) },
      symlink('d/link', 'tool'),
      hardlink('d/again', 'd/text'),
      file('implied/by/its/name'),
    );
    const result = await unpackTar([bytes], work.at('out'));
    expect(shown(result)).toEqual({ files: 4, directories: 1, links: 1, bytes: 3029 });
    expect(picture(work.at('out')).map((line) => line.replace(/ [0-9a-f]{16}/, ''))).toEqual([
      'd/ 0755',
      'd/again 0644 3000',
      'd/link -> tool',
      'd/text 0644 3000',
      'd/tool 0755 10',
      'implied/ 0755',
      'implied/by/ 0755',
      'implied/by/its/ 0755',
      'implied/by/its/name 0644 19',
    ]);
    expect(statSync(work.at('out/d/tool')).mtimeMs).toBe(0o7346545000 * 1000);
    expect(lstatSync(work.at('out/d/link')).mtimeMs).toBe(1_000_000_000_000);
    expect(statSync(work.at('out/d')).mtimeMs).toBe(1_000_000_000_000);
    expect(statSync(work.at('out/d/again')).ino).toBe(statSync(work.at('out/d/text')).ino);
    expect(statSync(work.at('out')).mode & 0o777).toBe(0o755);
  });

  test('modes are kept where that is asked for, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      const { made } = await attempt(
        archive(
          directory('closed/', { mode: '0000500\0' }),
          { name: 'closed/in', mode: '0000444\0', content: 'in' },
          { name: 'shared', mode: '0000664\0' },
        ),
        { modes: 'keep' },
      );
      expect(made.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'closed/ 0500',
        'closed/in 0444',
        'shared 0664',
      ]);
    } finally {
      process.umask(umask);
    }
  });

  test('names are bytes, and none is special', async () => {
    const names = [
      '\xff\xfe',
      'a\nb',
      '\x1b[2J',
      'CON',
      '.git',
      '-rf',
      'A',
      'a',
      'e\xcc\x81',
      '\xc3\xa9',
      'C:\\x',
      'dot.',
    ];
    const { made } = await attempt(archive(...names.map((name) => file(name, ''))));
    expect(new Set(made.map((line) => line.split(' 0644')[0]))).toEqual(new Set(names));
    expect(made.length).toBe(names.length);
  });

  test('a directory may come after what is in it, and twice', async () => {
    const { made } = await attempt(
      archive(
        file('d/f'),
        directory('d/', { mode: '0000700\0' }),
        directory('d/', { mode: '0000711\0' }),
      ),
      { modes: 'keep' },
    );
    expect(made[0]).toBe('d/ 0711');
  });

  test('the root takes the attributes of its own entry', async () => {
    using work = scratch();
    await unpackTar([archive(directory('./', { mode: '0000750\0' }))], work.at('out'), {
      modes: 'keep',
    });
    expect(lstatSync(work.at('out')).mode & 0o7777).toBe(0o750);
    expect(lstatSync(work.at('out')).mtimeMs).toBe(1_000_000_000_000);
  });

  test('an empty directory may wait for it', async () => {
    using work = scratch();
    mkdirSync(work.at('out'));
    expect((await unpackTar([archive(file('a'))], work.at('out'))).ok).toBe(true);
    expect(readFileSync(work.at('out/a'), 'utf8')).toBe('a');
  });

  test('stripping drops, merges, and lets the later entry win', async () => {
    const { made } = await attempt(
      archive(
        file('README', 'dropped'),
        directory('one/'),
        file('one/a', 'first'),
        directory('one/d/'),
        directory('two/'),
        file('two/a', 'second'),
        file('two/d/b'),
        hardlink('two/e', 'one/a'),
      ),
      { strip: 1, duplicates: 'replace' },
    );
    const second = digestOf('second').hash.slice(0, 16);
    expect(made).toEqual([
      `a 0644 6 ${second}`,
      'd/ 0755',
      `d/b 0644 7 ${digestOf('two/d/b').hash.slice(0, 16)}`,
      `e 0644 6 ${second}`,
    ]);
  });

  test('later entries replace links without following them', async () => {
    const { code, made } = await attempt(
      archive(
        file('kept'),
        symlink('l', 'kept'),
        file('l', 'file now'),
        file('f'),
        symlink('f', 'kept'),
      ),
      { duplicates: 'replace' },
    );
    expect(code).toBe('unpacked');
    expect(made.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'f -> kept',
      'kept 0644 4',
      'l 0644 8',
    ]);
  });

  test('times out of range become the nearest one', async () => {
    using work = scratch();
    const bytes = archive(
      pax([['mtime', '-5']]),
      file('before'),
      pax([['mtime', '999999999999999']]),
      file('after'),
    );
    expect((await unpackTar([bytes], work.at('out'))).ok).toBe(true);
    expect(statSync(work.at('out/before')).mtimeMs).toBe(0);
    expect(statSync(work.at('out/after')).mtimeMs).toBe((2 ** 33 - 1) * 1000);
  });
});

describe('what leads outside is refused', () => {
  test.each([
    ['an absolute name', [file('/abs')], '/abs'],
    ['a name with ..', [file('a/../../up')], 'a/../../up'],
    ['a pax name with ..', [pax([['path', '../up']]), file('x')], '../up'],
    [
      'a long name with ..',
      [raw({ type: 'L', content: `${'a/'.repeat(80)}../up\0` }), file('x')],
      '../up',
    ],
    ['an absolute link', [symlink('l', '/etc')], '/etc'],
    ['a link to ..', [symlink('l', '..')], '..'],
    ['a link too far up', [symlink('d/l', '../../outside')], '../../outside'],
    ['a pax link out', [pax([['linkpath', '/etc/passwd']]), symlink('l', 'x')], '/etc/passwd'],
    [
      'a hard link out',
      [hardlink('h', '../outside/secret')],
      'the entry "h" is a hard link to "../outside/secret", which leads out of the destination',
    ],
    [
      'an absolute hard link',
      [hardlink('h', '/etc/passwd')],
      'the entry "h" is a hard link to "/etc/passwd", which has an absolute name',
    ],
  ])('%s', async (_, entries, named) => {
    const { code, text } = await attempt(archive(file('before'), ...entries));
    expect(code).toBe('archive/outside');
    expect(text).toContain('it.tar: error: the entry "');
    expect(text).toContain(named);
  });

  test.each([
    ['a file through a link', [symlink('l', 'd'), directory('d/'), file('l/f')]],
    ['a directory over a link', [directory('d/'), symlink('l', 'd'), directory('l/')]],
    ['a file through a link to nowhere', [symlink('l', 'missing'), file('l/f')]],
    ['a file through a file', [file('f'), file('f/g')]],
    ['a file over a directory', [directory('d/'), file('d')]],
    ['a file over an implied directory', [file('d/f'), file('d')]],
    ['a directory over a file', [file('f'), directory('f/')]],
    ['a file in place of the root', [file('./', '')]],
  ])('%s', async (_, entries) => {
    const expected = (entries.at(-1) as RawEntry).name === './' ? 'unpacked' : 'archive/conflict';
    for (const duplicates of ['refuse', 'replace'] as const) {
      const { code } = await attempt(archive(...entries), { duplicates });
      expect(code).toBe(expected);
    }
  });

  test('also where links may point anywhere, nothing goes through one', async () => {
    using work = scratch();
    const through = archive(symlink('l', work.at('outside')), file('l/planted'));
    expect((await attemptIn(work, through, { links: 'any' })).code).toBe('archive/conflict');
    const over = archive(
      symlink('secret', work.at('outside/secret')),
      file('secret', 'overwritten'),
    );
    expect((await attemptIn(work, over, { links: 'any' })).code).toBe('archive/duplicate');
    const replaced = await attemptIn(work, over, { links: 'any', duplicates: 'replace' });
    expect(replaced.made).toEqual([`secret 0644 11 ${digestOf('overwritten').hash.slice(0, 16)}`]);
  });

  test('a hard link to a link that leads outside gives no file', async () => {
    using work = scratch();
    const { made } = await attemptIn(
      work,
      archive(symlink('l', work.at('outside/secret')), hardlink('h', 'l')),
      { links: 'any' },
    );
    expect(made).toEqual([
      `h -> ${work.at('outside/secret')}`,
      `l -> ${work.at('outside/secret')}`,
    ]);
  });

  test('a hard link cannot carry a link to where it leads outside', async () => {
    const { code } = await attempt(archive(symlink('a/b/l', '../../x'), hardlink('h', 'a/b/l')));
    expect(code).toBe('archive/outside');
  });

  test.each([
    ['to a later entry', [hardlink('h', 'later'), file('later')]],
    ['to nothing', [hardlink('h', 'missing')]],
    ['through a link', [directory('d/'), file('d/f'), symlink('l', 'd'), hardlink('h', 'l/f')]],
    ['to a directory', [directory('d/'), hardlink('h', 'd')]],
    ['to the root', [hardlink('h', './')]],
    ['without a target', [hardlink('h', '')]],
  ])('a hard link %s', async (_, entries) => {
    expect((await attempt(archive(...entries))).code).toBe('archive/link');
  });

  test('a link to what stripping took away is refused', async () => {
    const bytes = archive(file('top'), hardlink('d/h', 'top'));
    expect((await attempt(bytes, { strip: 1 })).code).toBe('archive/link');
  });

  test('a link to itself stays what it is', async () => {
    const bytes = archive(file('f'), hardlink('f', 'f'));
    expect((await attempt(bytes, { duplicates: 'replace' })).made.length).toBe(1);
  });

  test('loops and long chains of links are only links', async () => {
    const chain = Array.from({ length: 41 }, (_, i) => symlink(`c${i}`, `c${i + 1}`));
    const { code, made } = await attempt(archive(symlink('a', 'b'), symlink('b', 'a'), ...chain));
    expect(code).toBe('unpacked');
    expect(made.length).toBe(43);
  });

  describe('links that pass other links', () => {
    const up = symlink('a/b/up', '../..');

    test('a way up behind a link is refused, in either order', async () => {
      const escape = symlink('escape', 'a/b/up/../x');
      for (const entries of [
        [up, escape],
        [escape, up],
      ]) {
        const { code, text } = await attempt(archive(...entries));
        expect(code).toBe('archive/outside');
        expect(text).toContain('"a/b/up"');
      }
    });

    test('a way up behind a directory, or behind nothing, is not', async () => {
      const bytes = archive(directory('a/b/'), symlink('l', 'a/b/../c'), symlink('m', 'none/../d'));
      expect((await attempt(bytes)).code).toBe('unpacked');
    });

    test('passing a link on the way down is not', async () => {
      expect((await attempt(archive(up, symlink('l', 'a/b/up/a/b')))).code).toBe('unpacked');
    });
  });
});

test('an archive in an archive is a file, and owners without an account are nobody', async () => {
  const inner = archive(symlink('l', '/etc'), file('l/x'));
  const { code, made } = await attempt(
    archive(
      { name: 'inner.tar', content: inner },
      { name: '.wh.gone', owner: Buffer.from('80000000ffffffff', 'hex') },
    ),
  );
  expect(code).toBe('unpacked');
  expect(made.map((line) => line.split(' ')[0])).toEqual(['.wh.gone', 'inner.tar']);
});

describe('what is no file, directory or link is refused', () => {
  test.each([
    ['3', 'character device'],
    ['4', 'block device'],
    ['6', 'fifo'],
  ])('type %s', async (type, named) => {
    const { code, text } = await attempt(archive({ name: 'it', type }));
    expect(code).toBe('archive/special-file');
    expect(text).toContain(`the entry "it" is a ${named}`);
  });

  test('set-id and sticky bits are cleared, refused or kept', async () => {
    const bytes = archive(directory('tmp/', { mode: '0001777\0' }), {
      name: 'su',
      mode: '0004755\0',
      content: 'su',
    });
    const modes = (made: string[]): string[] => made.map((line) => line.split(' ')[1]!);
    expect(modes((await attempt(bytes)).made)).toEqual(['0755', '0755']);
    expect(modes((await attempt(bytes, { modes: 'keep' })).made)).toEqual(['0755', '0777']);
    expect(modes((await attempt(bytes, { special: 'keep' })).made)).toEqual(['4755', '1777']);
    const { code, text } = await attempt(bytes, { special: 'refuse' });
    expect(code).toBe('archive/special-mode');
    expect(text).toContain('1777');
  });
});

describe('what comes twice', () => {
  test.each([
    [[file('a'), file('a')]],
    [[file('a'), symlink('a', 'b')]],
    [[symlink('a', 'b'), symlink('a', 'b')]],
    [[file('b'), file('a'), hardlink('a', 'b')]],
    [[file('a'), file('./a')]],
  ])('is refused, unless the later is to win', async (entries) => {
    const { code, text } = await attempt(archive(...entries));
    expect(code).toBe('archive/duplicate');
    expect(text).toContain('"a" comes twice');
    expect((await attempt(archive(...entries), { duplicates: 'replace' })).code).toBe('unpacked');
  });

  test('so is what follows the end', async () => {
    const bytes = Buffer.concat([archive(file('a')), archive(file('b'))]);
    expect((await attempt(bytes)).code).toBe('archive/trailing');
    expect((await attempt(bytes, { duplicates: 'replace' })).made.length).toBe(1);
  });
});

describe('limits', () => {
  test.each([
    ['entries', archive(file('a'), file('b'), file('c')), limited({ entries: 2 })],
    [
      'entries that are stripped away',
      archive(file('a'), file('b'), file('c')),
      { strip: 1, ...limited({ entries: 2 }) },
    ],
    ['bytes', archive(file('a', 'x'.repeat(5000))), limited({ bytes: 4096 })],
    ['a file', archive(file('a', 'x'.repeat(5000))), limited({ fileBytes: 4999 })],
    [
      'a stated size',
      Buffer.concat([raw({ name: 'a', size: '77777777777\0' }), END]),
      limited({ bytes: 2 ** 30 }),
    ],
    [
      'a pax size',
      Buffer.concat([pax([['size', '9007199254740991']]), raw({ name: 'a' }), END]),
      {},
    ],
    ['depth', archive(file('a/b/c')), limited({ depth: 2 })],
    [
      'expansion',
      gzipSync(archive(file('a', 'x'.repeat(1 << 20)))),
      limited({ ratio: 100, ratioFrom: 65_536 }),
    ],
  ])('%s', async (_, bytes, options) => {
    expect((await attempt(bytes, options)).code).toBe('archive/limit');
  });

  test('honest archives keep within them', async () => {
    const bytes = gzipSync(archive(file('a/b', 'x'.repeat(60_000)), file('a/c')));
    const limits = limited({
      entries: 2,
      bytes: 65_536,
      fileBytes: 60_000,
      ratio: 1,
      ratioFrom: 65_536,
      depth: 2,
    });
    expect((await attempt(bytes, limits)).code).toBe('unpacked');
  });

  test('a bomb ends at the usual limits, after a fraction of its size', async () => {
    const zeros = Buffer.alloc(16 << 20);
    const bomb = function* (): Generator<Buffer> {
      yield gzipSync(raw({ name: 'zeros', size: '40000000000\0' }));
      const part = gzipSync(zeros);
      for (let i = 0; i < 256; i++) yield part;
    };
    using work = scratch();
    const result = await unpackTar(bomb(), work.at('out'));
    expect(shown(result)).toEqual(['archive/limit']);
    expect(readdirSync(work.path)).toEqual([]);
  });

  test('a million empty files are too many', async () => {
    const header = raw({ name: 'a' });
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => header));
    const many = function* (): Generator<Buffer> {
      for (let i = 0; i < 1002; i++) yield thousand;
    };
    using work = scratch();
    const result = await unpackTar(many(), work.at('out'), { strip: 1 });
    expect(shown(result)).toEqual(['archive/limit']);
  });

  test('a path longer than the system takes is refused', async () => {
    const name = `${'d'.repeat(200)}/`.repeat(25);
    const { code } = await attempt(archive(pax([['path', name]]), directory('x')));
    expect(code).toBe('archive/name');
  });
});

describe('the destination', () => {
  const bytes = archive(directory('d/'), file('d/f'));

  test('must be vacant, and no link', async () => {
    using work = scratch();
    mkdirSync(work.at('outside'));
    mkdirSync(work.at('full'));
    symlinkSync(work.at('outside'), work.at('full/d'));
    symlinkSync(work.at('outside'), work.at('link'));
    symlinkSync(work.at('missing'), work.at('dangling'));
    writeFileSync(work.at('file'), '');
    for (const name of ['full', 'link', 'dangling', 'file']) {
      expect(shown(await unpackTar([bytes], work.at(name))), name).toEqual(['archive/destination']);
    }
    expect(picture(work.path).length).toBe(6);
  });

  test('a parent that is not there is an error of the environment', async () => {
    using work = scratch();
    expect(shown(await unpackTar([bytes], work.at('no/such/out')))).toEqual(['fs/enoent']);
    expect(shown(await unpackTar(work.at('no-archive.tar'), work.at('out')))).toEqual([
      'fs/enoent',
    ]);
    expect(readdirSync(work.path)).toEqual([]);
  });

  test('one that is read-only is too', async () => {
    using work = scratch();
    mkdirSync(work.at('closed'), { mode: 0o500 });
    const result = await unpackTar([bytes], work.at('closed/out'));
    // Nothing is closed to root.
    if (process.getuid?.() === 0) expect(result.ok).toBe(true);
    else expect(shown(result)).toEqual(['fs/eacces']);
    chmodSync(work.at('closed'), 0o700);
  });

  test('nobody changes it in the middle: directories that turn into links are not followed', async () => {
    using work = scratch();
    mkdirSync(work.at('outside'));
    writeFileSync(work.at('outside/secret'), 'secret');
    const outside = picture(work.at('outside'), { times: true });
    const names = Array.from({ length: 1500 }, (_, i) => [`d/e/f${i}`, `g${i % 7}/f${i}`]).flat();
    const many = archive(...names.map((name) => file(name)));
    const worker = new Worker(SWAPPER, { eval: true, workerData: work.path });
    await new Promise((resolve) => worker.once('message', resolve));
    try {
      for (let round = 0; round < 5; round++) {
        // Whether it succeeds is up to the race; where it writes is not.
        await unpackTar([many], work.at(`out${round}`));
        expect(picture(work.at('outside'), { times: true })).toEqual(outside);
      }
    } finally {
      await worker.terminate();
    }
  });
});

/** Replaces every directory it finds in a tree that is being unpacked by a link to the outside. */
const SWAPPER = `
const { readdirSync, renameSync, symlinkSync, unlinkSync } = require('node:fs');
const { parentPort, workerData: root } = require('node:worker_threads');
parentPort.postMessage('ready');
for (let i = 0; ; i++) {
  for (const name of readdirSync(root)) {
    if (!name.includes('.tmp-')) continue;
    for (const part of ['d', 'd/e', 'g1', 'g4']) {
      const path = root + '/' + name + '/' + part;
      try {
        renameSync(path, path + '-moved' + i);
        symlinkSync(root + '/outside', path);
        for (let pause = 0; pause < 10000; pause++);
        unlinkSync(path);
        renameSync(path + '-moved' + i, path);
      } catch {}
    }
  }
}
`;

describe('digests', () => {
  const bytes = gzipSync(archive(file('a')));

  test('the right one is accepted, a wrong one keeps everything away', async () => {
    expect((await attempt(bytes, { digest: digestOf(bytes) })).code).toBe('unpacked');
    const { code, text } = await attempt(bytes, { digest: digestOf('other') });
    expect(code).toBe('archive/digest');
    expect(text).toContain(digestOf(bytes).hash);
    expect(text).toContain(digestOf('other').hash);
  });
});

test('an interruption leaves nothing', async () => {
  const { code } = await attempt(archive(file('a')), { signal: AbortSignal.abort() });
  expect(code).toBe('archive/interrupted');
});

describe('GNU tar', () => {
  /** A tree with everything an ordinary archive may hold. */
  function plant(root: string): void {
    mkdirSync(`${root}/dir/empty`, { recursive: true });
    mkdirSync(`${root}/${'long'.repeat(20)}/${'deep'.repeat(30)}/${'n'.repeat(200)}`, {
      recursive: true,
    });
    writeFileSync(`${root}/dir/small`, 'small');
    writeFileSync(`${root}/dir/big`, Buffer.alloc(1_234_567, 'big'));
    writeFileSync(`${root}/dir/empty-file`, '');
    writeFileSync(`${root}/${'long'.repeat(20)}/${'f'.repeat(150)}`, 'long');
    writeFileSync(Buffer.from(`${root}/\xff\xfe-bytes`, 'latin1'), 'bytes');
    writeFileSync(`${root}/übung`, 'text');
    writeFileSync(`${root}/run`, '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('small', `${root}/dir/link`);
    symlinkSync(`../${'t'.repeat(180)}`, `${root}/dir/long-link`);
    execFileSync('ln', [`${root}/dir/small`, `${root}/hard`]);
    chmodSync(`${root}/run`, 0o750);
  }

  test.each(['v7', 'ustar', 'gnu', 'pax'])(
    'its %s archives unpack as it unpacks them',
    async (format) => {
      using work = scratch();
      mkdirSync(work.at('tree'));
      plant(work.at('tree'));
      // Longer names than the older formats have room for are left out by tar itself.
      const argv = [
        '-cf',
        work.at('it.tar'),
        `--format=${format}`,
        '--warning=none',
        '-C',
        work.at('tree'),
        '.',
      ];
      try {
        execFileSync('tar', argv, { stdio: 'ignore' });
      } catch (error) {
        if (format === 'gnu' || format === 'pax') throw error;
      }
      mkdirSync(work.at('theirs'));
      execFileSync('tar', ['-xpf', work.at('it.tar'), '-C', work.at('theirs')]);
      const result = await unpackTar(work.at('it.tar'), work.at('ours'), { modes: 'keep' });
      expect(result.ok).toBe(true);
      expect(picture(work.at('ours'))).toEqual(picture(work.at('theirs')));
      expect(picture(work.at('ours')).length).toBeGreaterThan(8);
    },
  );

  test.each(['gzip', 'xz', 'bzip2'])('and those it compresses with %s', async (program) => {
    using work = scratch();
    mkdirSync(work.at('tree'));
    plant(work.at('tree'));
    execFileSync('tar', ['-cf', work.at('it.tar'), '-I', program, '-C', work.at('tree'), '.']);
    const result = await unpackTar(work.at('it.tar'), work.at('ours'), { modes: 'keep' });
    expect(result.ok).toBe(true);
    expect(picture(work.at('ours'))).toEqual(picture(work.at('tree')));
  });

  test('its sparse files are refused by name', async () => {
    using work = scratch();
    mkdirSync(work.at('tree'));
    execFileSync('truncate', ['-s', '1M', work.at('tree/holes')]);
    for (const format of ['gnu', 'pax']) {
      execFileSync('tar', [
        '-cSf',
        work.at('it.tar'),
        `--format=${format}`,
        '-C',
        work.at('tree'),
        '.',
      ]);
      const result = await unpackTar(work.at('it.tar'), work.at('ours'));
      expect(shown(result)).toEqual(['archive/header']);
      expect(result.ok ? '' : result.diagnostics[0]!.message).toContain('holes" is a sparse file');
    }
  });
});
