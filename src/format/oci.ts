// A root file system as an image of containers: the layout of the Open Container Initiative in one tar file,
// with one layer. The same files give the same bytes. Knows nothing of registries, nor of what is run.
import { hash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { showName } from '../base/bytename.ts';
import { buildError, ok, type Result } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { removeTree, temporaryBeside } from '../base/fs.ts';
import { Refusal, settle } from '../base/refusal.ts';
import { FIXED_MTIME } from '../base/tar/pack.ts';
import { walkTree } from '../base/tree.ts';
import { packArchive } from './archive.ts';

export interface OciOptions {
  /** What those who load it call it. */
  readonly name: string;
  /** Directories in which programs are looked for, in order. */
  readonly path: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const MEDIA_TYPE = 'application/vnd.oci.image';

/** Names of kinds of machines as Go has them, by Node's. */
const MACHINES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  arm: { architecture: 'arm', variant: 'v7' },
  ppc64: { architecture: 'ppc64le' },
};

/**
 * Packs everything below `tree` into `file`, which appears only when it is whole. Errors: those of
 * `packArchive`, and `archive/whiteout`.
 */
export async function writeOci(
  tree: string,
  file: string,
  { name, path, signal }: OciOptions,
): Promise<Result<void>> {
  const files = await settle('pack', tree, async () => refuseWhiteouts(tree));
  if (!files.ok) return files;
  const layout = temporaryBeside(file);
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (kind: string, value: unknown): Descriptor => {
    const text = JSON.stringify(value);
    const digest = hash('sha256', text);
    writeFileSync(join(blobs, digest), text);
    return descriptor(`${kind}+json`, { hash: digest, size: Buffer.byteLength(text) });
  };
  try {
    const packed = join(layout, 'layer');
    const plain = await packArchive(tree, packed, {
      codec: 'none',
      keepSpecialModes: true,
      signal,
    });
    if (!plain.ok) return plain;
    const layer = await packArchive(tree, packed, {
      codec: 'gzip',
      keepSpecialModes: true,
      signal,
    });
    if (!layer.ok) return layer;
    renameSync(packed, join(blobs, layer.value.hash));
    const machine = MACHINES[process.arch] ?? { architecture: process.arch };
    const created = new Date(FIXED_MTIME * 1000).toISOString();
    const config = put('config.v1', {
      created,
      ...machine,
      os: 'linux',
      config: { Env: [`PATH=${path.join(':')}`] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${plain.value.hash}`] },
      // One for each layer: those who add layers append theirs, and would name ours by the first of them.
      history: [{ created, created_by: 'ashlar' }],
    });
    const manifest = put('manifest.v1', {
      schemaVersion: 2,
      mediaType: `${MEDIA_TYPE}.manifest.v1+json`,
      config,
      layers: [descriptor('layer.v1.tar+gzip', layer.value)],
    });
    const index = {
      schemaVersion: 2,
      mediaType: `${MEDIA_TYPE}.index.v1+json`,
      manifests: [
        {
          ...manifest,
          platform: { ...machine, os: 'linux' },
          annotations: { 'org.opencontainers.image.ref.name': name },
        },
      ],
    };
    writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const written = await packArchive(layout, file, { codec: 'none', signal });
    return written.ok ? ok(undefined) : written;
  } finally {
    removeTree(layout);
  }
}

const WHITEOUT = '.wh.';

/** In a layer such a file is none: it says that another one is gone. Throws a `Refusal`. */
function refuseWhiteouts(tree: string): void {
  for (const { path } of walkTree(tree)) {
    if (!path.slice(path.lastIndexOf('/') + 1).startsWith(WHITEOUT)) continue;
    throw new Refusal(
      buildError({
        code: 'archive/whiteout',
        message: `"${showName(path)}" cannot be in an image of containers, where names that begin with "${WHITEOUT}" remove files`,
        hint: 'give it another name, or write the image in other formats only',
      }),
    );
  }
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function descriptor(
  kind: string,
  { hash: digest, size }: Pick<Digest, 'size'> & { hash: string },
): Descriptor {
  return { mediaType: `${MEDIA_TYPE}.${kind}`, digest: `sha256:${digest}`, size };
}
