// What this machine's own apt says: which repositories it uses, and through which proxy. Knows nothing
// of packages; only asks the programs, so that every way of configuring apt counts.
import { readIfExists } from '../../base/fs.ts';
import type { run } from '../../base/process.ts';
import type { Candidate } from './transfer.ts';

export type RunCommand = typeof run;

/** The repositories, in apt's order, each once, ending in a slash. Empty where there is no apt. */
export async function aptRepositories(runCommand: RunCommand): Promise<Candidate[]> {
  const [targets, settings] = await Promise.all([
    runCommand(
      'apt-get',
      ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'],
      QUICK,
    ),
    runCommand('apt-config', ['dump'], QUICK),
  ]);
  if (targets.status !== 0) return [];
  const proxies = settings.status === 0 ? parseProxies(settings.stdout) : new Map<string, string>();
  const urls = new Set(targets.stdout.split('\n').flatMap((line) => repositoryUrls(line.trim())));
  return [...urls].map((url) => {
    const proxy = aptProxy(url, proxies);
    return { url, ...(proxy === undefined ? {} : { proxy }) };
  });
}

const QUICK = { timeoutMs: 30_000 };

/** apt's own spellings as URLs; those that are for apt alone (cdrom, tor) are left out. */
function repositoryUrls(uri: string): string[] {
  if (/^https?:\/\//.test(uri)) return [slashed(uri)];
  const local = /^(?:file|copy):(?:\/\/)?(\/.*)$/.exec(uri)?.[1];
  if (local !== undefined) return [slashed(`file://${local}`)];
  // A list of mirrors in a file, as cloud images have it: one URI per line, options after it.
  const list = /^mirror\+file:(?:\/\/)?(\/[^ ]*?)\/?$/.exec(uri)?.[1];
  if (list === undefined) return [];
  const lines = readIfExists(list)?.toString('utf8').split('\n') ?? [];
  return lines
    .map((line) => line.trim().split(/\s/)[0] ?? '')
    .flatMap((entry) => (entry.startsWith('mirror') ? [] : repositoryUrls(entry)));
}

function slashed(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** `http` or `http::host` → proxy, from `Acquire::http::Proxy[::host] "…";` lines. */
function parseProxies(dump: string): Map<string, string> {
  const proxies = new Map<string, string>();
  for (const line of dump.split('\n')) {
    const match = /^Acquire::(https?)::Proxy(::[^ ]+)? "([^"]*)";$/i.exec(line.trim());
    if (match === null || match[3] === '') continue;
    proxies.set(`${match[1]!}${match[2] ?? ''}`.toLowerCase(), match[3]!);
  }
  return proxies;
}

/** The host's own entry before the general one; https falls back to what is set for http, as in apt. */
function aptProxy(url: string, proxies: ReadonlyMap<string, string>): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname } = new URL(url);
  const schemes = protocol === 'https:' ? ['https', 'http'] : protocol === 'http:' ? ['http'] : [];
  const keys = [...schemes.map((scheme) => `${scheme}::${hostname}`), ...schemes];
  return keys.map((key) => proxies.get(key)).find((proxy) => proxy !== undefined);
}
