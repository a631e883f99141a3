// What this machine's own npm says: its registry, and through which proxy. npm takes about 0.3 s to
// say it, so it is asked only when a source needs it.
import type { RunCommand } from './apt.ts';
import type { Candidate } from './transfer.ts';

/** The registry, ending in a slash; empty where there is no npm. */
export async function npmRegistry(runCommand: RunCommand): Promise<Candidate[]> {
  const { status, stdout } = await runCommand(
    'npm',
    ['config', 'get', 'registry', 'https-proxy', 'proxy'],
    // Not from within the tree: a project's own .npmrc is not the machine's configuration.
    { cwd: '/', timeoutMs: 60_000 },
  );
  if (status !== 0) return [];
  const settings = new Map(
    stdout.split('\n').flatMap((line): [string, string][] => {
      const equals = line.indexOf('=');
      const value = line.slice(equals + 1).trim();
      return equals === -1 || value === 'null' || value === 'undefined' || value === ''
        ? []
        : [[line.slice(0, equals).trim(), value]];
    }),
  );
  const registry = settings.get('registry');
  if (registry === undefined || !/^https?:\/\//.test(registry)) return [];
  const proxy = registry.startsWith('https:')
    ? (settings.get('https-proxy') ?? settings.get('proxy'))
    : settings.get('proxy');
  const url = registry.endsWith('/') ? registry : `${registry}/`;
  return [{ url, ...(proxy === undefined ? {} : { proxy }) }];
}
