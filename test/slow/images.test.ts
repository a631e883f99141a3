// Images of containers, as others read them: what the real program built is inspected and copied by skopeo, and
// unpacked by umoci. No registry is asked, and nothing that is in an image is run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeOci } from '../../src/format/oci.ts';
import { createRig, type Rig } from '../rig/program.ts';
import { picture, scratch, type Scratch } from '../rig/scratch.ts';

const LONG = 'long'.repeat(50);

const TREE = `
package {
    name: "base",
    version: "1",
    tasks: {
        install: {
            script: \`
                p="$DESTDIR$PREFIX"
                mkdir -p "$p/bin" "$p/etc" "$p/share/empty" "$p/share/${LONG}"
                printf '#!/bin/sh\\necho base\\n' > "$p/bin/base"
                chmod 4755 "$p/bin/base"
                ln "$p/bin/base" "$p/bin/hard"
                ln -s base "$p/bin/link"
                ln -s /nowhere/at/all "$p/bin/dangling"
                printf secret > "$p/etc/base.conf"
                chmod 600 "$p/etc/base.conf"
                printf x > "$p/share/ünï çode"
                printf x > "$p/share/${LONG}/${LONG}"
                ln -s "${LONG}/${LONG}" "$p/share/far"
                head -c 3000000 /dev/zero > "$p/share/zero"
            \`,
        },
    },
}
package {
    name: "app",
    version: "2",
    requires: ["base"],
    tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; head -c 5 $ROOT/share/zero > $DESTDIR$PREFIX/share/app" } },
}
image { name: "system", packages: ["app"], formats: ["tar", "oci"] }
`;

/** What an image of that tree holds, as a picture has it: modes are plain. */
const FILES = [
  'opt/ 0755',
  'opt/ashlar/ 0755',
  ...['bin', 'etc', 'share', 'share/empty', `share/${LONG}`].map(
    (path) => `opt/ashlar/${path}/ 0755`,
  ),
  file('bin/base', '0755', '#!/bin/sh\necho base\n'),
  file('bin/hard', '0755', '#!/bin/sh\necho base\n'),
  'opt/ashlar/bin/link -> base',
  'opt/ashlar/bin/dangling -> /nowhere/at/all',
  file('etc/base.conf', '0644', 'secret'),
  file('share/ünï çode', '0644', 'x'),
  file(`share/${LONG}/${LONG}`, '0644', 'x'),
  `opt/ashlar/share/far -> ${LONG}/${LONG}`,
  file('share/zero', '0644', '\0'.repeat(3_000_000)),
  file('share/app', '0644', '\0'.repeat(5)),
].sort();

function file(path: string, mode: string, content: string): string {
  const hash = sha256(content).slice(0, 16);
  return `opt/ashlar/${Buffer.from(path).toString('latin1')} ${mode} ${content.length} ${hash}`;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function tell(...[program, ...argv]: [string, ...string[]]): string {
  return execFileSync(program, argv, { encoding: 'utf8', stdio: 'pipe' });
}

/** Copies between images and layouts, whatever this machine says of which ones may be. */
function copy(space: Scratch, ...argv: string[]): void {
  tell('skopeo', '--insecure-policy', '--tmpdir', space.path, 'copy', ...argv);
}

interface Inspected {
  readonly Digest: string;
  readonly Architecture: string;
  readonly Os: string;
  readonly Layers: readonly string[];
  readonly Env: readonly string[];
}

function inspect(space: Scratch, image: string): Inspected {
  return JSON.parse(tell('skopeo', '--tmpdir', space.path, 'inspect', image)) as Inspected;
}

/** The root file system that an image of a layout describes. */
function unpack(space: Scratch, image: string, name: string): string {
  tell('umoci', 'unpack', '--rootless', '--image', image, space.at(name));
  return space.at(name, 'rootfs');
}

describe('an image that was built', () => {
  let rig: Rig;
  let archive: string;
  beforeAll(() => {
    rig = createRig();
    rig.write({ Blueprints: TREE });
    expect(rig.run(['build'])).toMatchObject({ status: 0 });
    archive = `oci-archive:${join(rig.packages, 'out/images/system/system.oci.tar')}`;
  });
  afterAll(() => rig[Symbol.dispose]());

  test('is for this machine, finds its programs, and has one layer', () => {
    using space = scratch();
    const machine = tell('go', 'env', 'GOARCH').trim();
    const paths = 'PATH=/opt/ashlar/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const inspected = inspect(space, archive);
    expect(inspected).toMatchObject({ Architecture: machine, Os: 'linux', Env: [paths] });
    const about = ['--tmpdir', space.path, 'inspect'];
    const config: unknown = JSON.parse(tell('skopeo', ...about, '--config', archive));
    const layer = readFileSync(join(rig.packages, 'out/images/system/system.tar'));
    const created = '1980-01-01T00:00:00Z';
    // Nothing but this: what is run in it is for others to say.
    expect(config).toEqual({
      created,
      architecture: machine,
      os: 'linux',
      config: { Env: [paths] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: 'ashlar' }],
    });
    const manifest = tell('skopeo', ...about, '--raw', archive);
    const { layers } = JSON.parse(manifest) as { layers: { digest: string }[] };
    expect(inspected.Layers).toEqual(layers.map(({ digest }) => digest));
    expect(layers).toHaveLength(1);
    writeFileSync(space.at('manifest'), manifest);
    expect(tell('skopeo', 'manifest-digest', space.at('manifest')).trim()).toBe(inspected.Digest);
  });

  test('has the same digest as a copy, by its name, and as a copy of that', () => {
    using space = scratch();
    const layout = `oci:${space.at('layout')}:copied`;
    const again = `oci-archive:${space.at('again.tar')}:system`;
    copy(space, `${archive}:system`, layout);
    copy(space, layout, again);
    const inspected = inspect(space, archive);
    expect(inspect(space, layout)).toEqual(inspected);
    expect(inspect(space, again)).toEqual(inspected);
    expect(() => copy(space, `${archive}:other`, layout)).toThrow(/other/);
  });

  test.each(['v2s2', 'v2s1'])('can be written as others have it: %s', (format) => {
    using space = scratch();
    const image = `dir:${space.at('dir')}`;
    copy(space, '--format', format, archive, image);
    const { Architecture, Layers } = inspect(space, image);
    expect({ Architecture, Layers }).toEqual({
      Architecture: inspect(space, archive).Architecture,
      Layers: inspect(space, archive).Layers,
    });
  });

  test('unpacks to the files of its packages, and no others', () => {
    using space = scratch();
    copy(space, archive, `oci:${space.at('layout')}:system`);
    const root = unpack(space, `${space.at('layout')}:system`, 'bundle');
    expect(picture(root)).toEqual(FILES);
    const times = picture(root, { times: true });
    expect(times.filter((line) => !line.endsWith(' @315532800'))).toEqual([]);
  });

  test('is the lowest layer of what others make of it', () => {
    using space = scratch();
    const layout = space.at('layout');
    copy(space, archive, `oci:${layout}:system`);
    writeFileSync(space.at('app'), 'other');
    chmodSync(space.at('app'), 0o755);
    const insert = (from: string, ...argv: string[]): string =>
      tell(
        'umoci',
        'insert',
        '--rootless',
        '--image',
        `${layout}:${from}`,
        '--tag',
        'more',
        ...argv,
      );
    insert('system', space.at('app'), '/opt/ashlar/share/app');
    insert('more', '--whiteout', '/opt/ashlar/bin/link');
    const { Layers } = inspect(space, `oci:${layout}:more`);
    expect(Layers).toEqual([
      ...inspect(space, archive).Layers,
      expect.any(String),
      expect.any(String),
    ]);
    const { history } = JSON.parse(
      tell('umoci', 'stat', '--json', '--image', `${layout}:more`),
    ) as { history: { layer: { digest: string }; created_by: string }[] };
    expect(history.map(({ layer, created_by: by }) => [layer.digest, by])).toEqual([
      [Layers[0], 'ashlar'],
      [Layers[1], 'umoci insert'],
      [Layers[2], 'umoci insert'],
    ]);
    const ours = (line: string): boolean => !/\/(bin\/link|share\/app) /.test(line);
    expect(picture(unpack(space, `${layout}:more`, 'bundle'))).toEqual(
      [...FILES.filter(ours), file('share/app', '0755', 'other')].sort(),
    );
    expect(picture(unpack(space, `${layout}:system`, 'before'))).toEqual(FILES);
  });
});

test('modes and names that packages do not have are kept as well', async () => {
  using space = scratch();
  const tree = space.at('tree');
  const put = (name: string | Buffer, mode: number): void => {
    const path = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(name)]);
    writeFileSync(path, 'x');
    chmodSync(path, mode);
  };
  for (const [path, mode] of [
    ['', 0o755],
    ['tmp', 0o1777],
    ['root', 0o700],
    ['mail', 0o2775],
  ] as const) {
    mkdirSync(join(tree, path));
    chmodSync(join(tree, path), mode);
  }
  put('su', 0o4755);
  put('write', 0o2755);
  put('root/shadow', 0o600);
  put('new\nline = "', 0o644);
  put(Buffer.from([0x6e, 0xff, 0xfe]), 0o644);
  put('n'.repeat(255), 0o644);
  put('a.wh.b', 0o644);
  symlinkSync(Buffer.from([0xff]), join(tree, 'link'));
  const image = space.at('odd.oci.tar');
  const made = await writeOci(tree, image, { name: 'odd', path: ['/bin'] });
  expect(made).toMatchObject({ ok: true });
  copy(space, `oci-archive:${image}:odd`, `oci:${space.at('layout')}:odd`);
  const root = unpack(space, `${space.at('layout')}:odd`, 'bundle');
  expect(picture(root)).toEqual(picture(tree));
});
