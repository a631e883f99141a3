// Images of containers, read as the specification of the Open Container Initiative says.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { writeOci } from '../../src/format/oci.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

function makeTree(path: string): string {
  mkdirSync(join(path, 'opt/x/bin'), { recursive: true });
  writeFileSync(join(path, 'opt/x/bin/tool'), '#!/bin/sh\necho tool\n');
  chmodSync(join(path, 'opt/x/bin/tool'), 0o755);
  symlinkSync('tool', join(path, 'opt/x/bin/link'));
  mkdirSync(join(path, 'tmp'));
  return path;
}

async function written(directory: Scratch, tree: string, name: string): Promise<string> {
  const file = directory.at(name);
  const made = await writeOci(tree, file, { name: 'system', path: ['/opt/x/bin', '/bin'] });
  expect(made).toEqual({ ok: true, value: undefined });
  return file;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A blob of a layout, which is what its descriptor says. */
function blob(layout: string, { digest, size }: Descriptor): Buffer {
  const [algorithm, hash] = digest.split(':');
  const bytes = readFileSync(join(layout, 'blobs', algorithm!, hash!));
  expect(digestOf(bytes)).toEqual({ hash, size });
  return bytes;
}

function json(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8'));
}

test('an image is what each part says of the next', async () => {
  using directory = scratch();
  const file = await written(directory, makeTree(directory.at('tree')), 'a.oci.tar');
  const layout = directory.at('layout');
  mkdirSync(layout);
  execFileSync('tar', ['-xf', file, '-C', layout]);
  expect(readdirSync(layout).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  expect(json(readFileSync(join(layout, 'oci-layout')))).toEqual({ imageLayoutVersion: '1.0.0' });
  const index = json(readFileSync(join(layout, 'index.json'))) as {
    schemaVersion: number;
    manifests: (Descriptor & { annotations: object })[];
  };
  expect(index.schemaVersion).toBe(2);
  const [first] = index.manifests;
  expect(first).toMatchObject({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    annotations: { 'org.opencontainers.image.ref.name': 'system' },
    platform: { os: 'linux' },
  });
  const manifest = json(blob(layout, first!)) as {
    schemaVersion: number;
    config: Descriptor;
    layers: Descriptor[];
  };
  expect(manifest).toMatchObject({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
  });
  const layer = gunzipSync(blob(layout, manifest.layers[0]!));
  const config = json(blob(layout, manifest.config)) as { rootfs: { diff_ids: string[] } };
  expect(config).toMatchObject({
    os: 'linux',
    created: '1980-01-01T00:00:00.000Z',
    config: { Env: ['PATH=/opt/x/bin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digestOf(layer).hash}`] },
    history: [{ created: '1980-01-01T00:00:00.000Z', created_by: 'ashlar' }],
  });
  const listed = execFileSync('tar', ['-tvf', '-', '--numeric-owner'], {
    input: layer,
    encoding: 'utf8',
  });
  expect(listed).toMatch(/^-rwxr-xr-x 0\/0 .* opt\/x\/bin\/tool$/m);
  expect(listed).toMatch(/^l.* opt\/x\/bin\/link -> tool$/m);
  // Nothing else is in it.
  expect(readdirSync(join(layout, 'blobs/sha256'))).toHaveLength(3);
});

test('the same files are the same bytes, and nothing is left beside them', async () => {
  using directory = scratch();
  const one = await written(directory, makeTree(directory.at('one')), 'a.oci.tar');
  const tree = makeTree(directory.at('two'));
  const umask = process.umask(0o077);
  let other: string;
  try {
    other = await written(directory, tree, 'b.oci.tar');
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(other).equals(readFileSync(one))).toBe(true);
  expect(readdirSync(directory.path).sort()).toEqual(['a.oci.tar', 'b.oci.tar', 'one', 'two']);
});

test('a tree that cannot be packed is told of, and leaves no file', async () => {
  using directory = scratch();
  const tree = makeTree(directory.at('tree'));
  execFileSync('mkfifo', [join(tree, 'pipe')]);
  const made = await writeOci(tree, directory.at('a.oci.tar'), { name: 'a', path: [] });
  expect(made).toMatchObject({ ok: false, diagnostics: [{ code: 'archive/special-file' }] });
  expect(readdirSync(directory.path)).toEqual(['tree']);
});

test('a name that would remove a file of an image is told of', async () => {
  using directory = scratch();
  const tree = makeTree(directory.at('tree'));
  writeFileSync(join(tree, 'opt/x/a.wh.b'), '');
  await written(directory, tree, 'a.oci.tar');
  writeFileSync(join(tree, 'opt/x/.wh.tool'), '');
  const made = await writeOci(tree, directory.at('b.oci.tar'), { name: 'b', path: [] });
  expect(made).toMatchObject({
    ok: false,
    diagnostics: [
      { code: 'archive/whiteout', message: expect.stringMatching(/^"opt\/x\/\.wh\.tool" cannot /) },
    ],
  });
  expect(readdirSync(directory.path).sort()).toEqual(['a.oci.tar', 'tree']);
});
