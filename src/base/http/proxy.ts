// Which proxy a request goes through: the candidate's own, else what the environment variables that
// curl, git and apt read say. Knows nothing of connections.

/** A proxy's URL, or `DIRECT` for none whatever the environment says. */
export type ProxyChoice = string;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, or undefined for a direct connection. Throws nothing; a bad proxy URL is returned as text. */
export function proxyFor(
  url: URL,
  environment: Environment,
  choice?: ProxyChoice,
): URL | { readonly bad: string } | undefined {
  if (choice === 'DIRECT') return undefined;
  const text = choice ?? fromEnvironment(url, environment);
  if (text === undefined || text === '') return undefined;
  // `proxy.example:3128` is a common spelling.
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol)) return { bad: address };
  return proxy;
}

function fromEnvironment(url: URL, environment: Environment): string | undefined {
  if (exempt(url, environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')) return undefined;
  // In a CGI program, HTTP_PROXY is what a client sent as its "Proxy:" header.
  const fromHeader = environment['REQUEST_METHOD'] !== undefined;
  const specific =
    url.protocol === 'https:'
      ? [environment['https_proxy'], environment['HTTPS_PROXY']]
      : [environment['http_proxy'], fromHeader ? undefined : environment['HTTP_PROXY']];
  return [...specific, environment['all_proxy'], environment['ALL_PROXY']].find(Boolean);
}

/** Whether `no_proxy` (host names with their subdomains, addresses, optional ports, or `*`) names the host. */
function exempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = '', wanted] =
      /^(\[[^\]]*\]|[^:]*|[^:]*:[^:]*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (wanted !== undefined && wanted !== port) return false;
    const bare = name
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/^\*?\./, '');
    return bare !== '' && (host === bare || host.endsWith(`.${bare}`));
  });
}
