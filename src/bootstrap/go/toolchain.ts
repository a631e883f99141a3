// The Go toolchain of this machine. Knows nothing of manifests: `go` itself is asked where it is, once,
// and nothing is fetched for that.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';

export interface Toolchain {
  /** Plain absolute paths. */
  readonly root: string;
  readonly compile: string;
  readonly link: string;
  /** Such as `go1.19.8`. */
  readonly version: string;
}

/**
 * The toolchain that `GOROOT` names, or else that of the `go` in the path; `GOOS` and `GOARCH` choose among
 * tools for several hosts, where it has them. Error codes `go/missing` and `go/incomplete`.
 */
export function findToolchain(env: NodeJS.ProcessEnv): Result<Toolchain> {
  const { GOROOT: root = '', GOOS: os = '', GOARCH: arch = '' } = env;
  const go = root === '' ? 'go' : join(root, 'bin/go');
  // Asked as the host's own: a tree's tools run here, whatever is being built for elsewhere. `local`
  // keeps a go.mod nearby from calling in another toolchain.
  const asked = spawnSync(go, ['env', 'GOROOT', 'GOTOOLDIR', 'GOVERSION'], {
    env: { ...env, GOOS: undefined, GOARCH: undefined, GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
  });
  if (asked.error !== undefined || asked.status !== 0) {
    const [why = ''] = (asked.error === undefined ? asked.stderr : '').trim().split('\n');
    const where = root === '' ? 'there is no `go` in PATH' : `there is no ${go}, as GOROOT has it`;
    const message = asked.error === undefined ? `\`${go} env\` failed: ${why}` : where;
    return failed(environmentError({ code: 'go/missing', message, hint: INSTALL }));
  }
  const [found = '', hostTools = '', version = ''] = asked.stdout.split('\n');
  const chosen = join(found, `pkg/tool/${os}_${arch}`);
  const tools = existsSync(join(chosen, 'compile')) ? chosen : hostTools;
  const [compile, link] = [join(tools, 'compile'), join(tools, 'link')];
  for (const tool of [compile, link]) {
    if (existsSync(tool)) continue;
    const message = `the Go toolchain in ${found} has no ${tool}`;
    return failed(environmentError({ code: 'go/incomplete', message, hint: INSTALL }));
  }
  // Before 1.16, `go env` does not know its version.
  return ok({ root: found, compile, link, version: version || versionFile(found) });
}

/** Why there is no toolchain. */
export function missingToolchain(env: NodeJS.ProcessEnv): Diagnostic {
  const found = findToolchain(env);
  if (!found.ok) return found.diagnostics[0]!;
  const message = `the Go toolchain in ${found.value.root} was not there when this was asked for`;
  return environmentError({ code: 'go/missing', message, hint: 'run it again' });
}

function versionFile(root: string): string {
  try {
    return readFileSync(join(root, 'VERSION'), 'utf8').split('\n')[0]!.trim();
  } catch {
    return 'unknown';
  }
}

const INSTALL = 'install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is';
