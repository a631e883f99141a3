// The text of active.buildinfo.full.json: how each active package was built. Numbers keep the spelling
// they came with, so nothing is lost on the way through.
import { formatJson } from '../base/jsontext.ts';
import type { Package } from './package.ts';

/** Package name → its buildinfo.full.json, or null, in the layout of all of pkgpanda's files. */
export function activeBuildinfo(packages: readonly Package[]): string {
  return formatJson(new Map(packages.map(({ name, buildinfo }) => [name, buildinfo ?? null])));
}
