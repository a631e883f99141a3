// A package as writers of other package managers get it: a tree with everything that names, modes and links
// can be, and what the package says of itself.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageMetadata } from '../../src/format/metadata.ts';
import type { Payload } from '../../src/format/payload.ts';

export const HELLO: PackageMetadata = {
  name: 'hello',
  source: 'hello',
  version: '1.0',
  description: 'says hello\nin several lines\n\nand mörë',
  homepage: 'https://example.org/hello',
  license: 'MIT',
  maintainer: 'A <a@example.org>',
  requires: [
    { name: 'words', exact: false },
    { name: 'hello-data', exact: true },
  ],
  scripts: {},
};

/** Longer than any field of a tar header. */
export const LONG = `${'d'.repeat(90)}/${'f'.repeat(120)}`;
export const SPACES = 'share/with space/ünï çode 日本';

/** Writes the tree of a payload below `/opt/x`, in which `etc` is configuration and `var` is a daemon's. */
export function makePayload(tree: string, prefix = '/opt/x'): Payload {
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
    chmodSync(join(tree, path), mode);
  };
  write('bin/hello', '#!/bin/sh\necho hello\n', 0o755);
  write('bin/suid', 'set-id', 0o4755);
  write('etc/hello.conf', 'color = blue\n', 0o600);
  write(SPACES, 'x');
  write("share/a+b=c;d'e", 'x');
  write('share/zero', '');
  write(LONG, 'long');
  write('pkginfo.json', '{}');
  write('var/state', '1');
  mkdirSync(join(tree, 'share/empty'));
  mkdirSync(join(tree, 'share/sticky'));
  chmodSync(join(tree, 'share/sticky'), 0o1777);
  symlinkSync('hello', join(tree, 'bin/hi'));
  symlinkSync('x'.repeat(150), join(tree, 'bin/far'));
  return payloadOf(tree, prefix);
}

export function payloadOf(tree: string, prefix = '/opt/x'): Payload {
  return {
    tree,
    prefix,
    isLeftOut: (path) => path === 'pkginfo.json',
    isConfiguration: (path) => path.startsWith('etc/'),
    ownerOf: (path) =>
      path.startsWith('var') ? { user: 'daemon', group: 'adm' } : { user: 'root', group: 'root' },
  };
}
