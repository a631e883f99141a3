// The task that makes an image: a root file system of written packages. It needs their archives and
// nothing that these were made of, so where they can be restored nothing else is.
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { buildError, failed, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import { byCodePoint, digestFile } from '../../base/digest.ts';
import { packArchive, unpackArchive } from '../../format/archive.ts';
import type { Place } from '../../base/span.ts';
import type { Output, StepContext, Task } from '../../task/task.ts';
import type { ImageDeclaration } from './declaration.ts';
import { IMAGE_CODECS, imageFileName } from './imageformat.ts';

/** A package of an image: its archive, and where that is unpacked. */
export interface ImageMember {
  readonly name: string;
  readonly version: string;
  /** Without a slash at the end; empty for `/`. */
  readonly prefix: string;
  readonly task: Task;
  readonly output: string;
}

const IN = '/in';
const OUT = '/out';

/** Makes the task. Errors of the step: `image/conflict`, `archive/*`, `fs/*`. */
export function imageTask(image: ImageDeclaration, unsorted: readonly ImageMember[]): Task {
  const members = [...unsorted].sort((a, b) => byCodePoint(a.name, b.name));
  const formats = [...new Set(image.formats)].sort();
  const outputs: Record<string, Output> = {
    manifest: { at: posix.join(OUT, `${image.name}.manifest`), kind: 'file' },
  };
  for (const format of formats) {
    outputs[format] = { at: posix.join(OUT, imageFileName(image.name, format)), kind: 'file' };
  }
  return {
    name: `${image.name}:image`,
    work: {
      kind: 'step',
      name: 'image',
      version: 2,
      parameters: {
        formats,
        packages: members.map(({ name, version, prefix }) => ({ name, version, prefix })),
      },
      run: (context) => makeImage(context, image.name, members, formats),
    },
    variables: {},
    volatile: {},
    directories: [
      { at: IN, writable: false },
      { at: OUT, writable: true },
    ],
    inputs: members.map(({ name, task, output }) => ({
      kind: 'output',
      at: posix.join(IN, `${name}.tar.xz`),
      task,
      output,
    })),
    outputs,
    origins: originsOf(image, members),
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

/** Where the image says what it is made of, and of what kinds it is. */
function originsOf(
  image: ImageDeclaration,
  members: readonly ImageMember[],
): ReadonlyMap<string, Place> {
  const packages = image.placeOf('packages') ?? image.at;
  const formats = image.placeOf('formats') ?? image.at;
  return new Map([
    ...members.map(({ name }): [string, Place] => [`parameters.packages.${name}`, packages]),
    ...image.formats.flatMap((format): [string, Place][] => [
      [`parameters.formats.${format}`, formats],
      [`outputs.${format}.at`, formats],
    ]),
  ]);
}

async function makeImage(
  context: StepContext,
  image: string,
  members: readonly ImageMember[],
  formats: readonly string[],
): Promise<Result<void>> {
  const { signal } = context;
  const root = context.locate(posix.join(OUT, 'root'));
  mkdirSync(root);
  const owners = new Map<string, string>();
  const problems: Diagnostic[] = [];
  const lines: string[] = [];
  for (const { name, version, prefix } of members) {
    const archive = context.locate(posix.join(IN, `${name}.tar.xz`));
    const apart = context.locate(posix.join(OUT, `unpacked-${name}`));
    const unpacked = await unpackArchive(archive, apart, { signal });
    if (!unpacked.ok) return unpacked;
    // What a package says of itself is for installations; an image has a manifest.
    rmSync(join(apart, 'pkginfo.json'), { force: true });
    mkdirSync(join(root, prefix), { recursive: true });
    merge(apart, join(root, prefix), '', name, owners, problems, prefix);
    rmSync(apart, { recursive: true });
    lines.push(`${name} ${version} ${digestFile(archive).hash}\n`);
  }
  if (problems.length > 0) return failed(...problems);
  writeFileSync(context.locate(posix.join(OUT, `${image}.manifest`)), lines.join(''));
  for (const format of formats) {
    const file = context.locate(posix.join(OUT, imageFileName(image, format)));
    const codec = IMAGE_CODECS[format];
    const packed =
      codec === undefined
        ? await (
            await import('../../format/oci.ts')
          ).writeOci(root, file, { name: image, path: pathOf(members), signal })
        : await packArchive(root, file, { codec, keepSpecialModes: true, signal });
    if (!packed.ok) return packed;
  }
  rmSync(root, { recursive: true });
  return ok(undefined);
}

/** Where the programs of an image are: those of the packages first. */
function pathOf(members: readonly ImageMember[]): string[] {
  const own = members.map(({ prefix }) => posix.join(prefix, '/bin'));
  return [...new Set([...own, '/usr/sbin', '/usr/bin', '/sbin', '/bin'])];
}

/** Moves a package's files to the others. Of two packages with one file, both are told. */
function merge(
  from: string,
  into: string,
  inside: string,
  name: string,
  owners: Map<string, string>,
  problems: Diagnostic[],
  prefix: string,
): void {
  for (const entry of readdirSync(join(from, inside), { withFileTypes: true })) {
    const path = posix.join(inside, entry.name);
    const target = join(into, path);
    const there = lstatSync(target, { throwIfNoEntry: false });
    const shown = posix.join(prefix, '/', path);
    if (entry.isDirectory()) {
      if (there?.isDirectory() === true) {
        merge(from, into, path, name, owners, problems, prefix);
        continue;
      }
      if (there === undefined) {
        mkdirSync(target);
        chmodSync(target, lstatSync(join(from, path)).mode & 0o7777);
        owners.set(shown, name);
        merge(from, into, path, name, owners, problems, prefix);
        continue;
      }
    } else if (there === undefined) {
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(from, path)), target);
      else linkSync(join(from, path), target);
      owners.set(shown, name);
      continue;
    }
    problems.push(
      buildError({
        code: 'image/conflict',
        message: `${shown} is in ${owners.get(shown) ?? 'another package'} and in ${name}`,
        hint: 'leave one of the packages out, or let only one of them install the file',
      }),
    );
  }
}
