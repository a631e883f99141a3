// Names of units that no package may bring: they belong to the installation itself.
import { readdirSync } from 'node:fs';
import { posix } from 'node:path';

const RESERVED = new Set([
  'ashlar.target',
  'dcos.target',
  'dcos-download.service',
  'dcos-setup.service',
]);

/** Reserved unit names in the folders of wanted units, those of roles included. */
export function reservedUnits(directory: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^(ashlar|dcos)\.target\.wants(_.+)?$/.test(entry.name)) continue;
    for (const unit of readdirSync(posix.join(directory, entry.name))) {
      if (RESERVED.has(unit)) found.push(posix.join(entry.name, unit));
    }
  }
  return found;
}
