// One request over node's own HTTP client: proxies and redirects, and network errors in words. Knows
// nothing of files, ranges or retries. No general client library: all of theirs tunnel plain http
// through CONNECT, which the proxies that package mirrors sit behind commonly refuse.
import * as http from 'node:http';
import * as https from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import * as tls from 'node:tls';
import { errnoOf } from '../fs.ts';
import { trusted } from './authorities.ts';
import { proxyFor, type Environment, type ProxyChoice } from './proxy.ts';
import { redact } from './redact.ts';

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly environment: Environment;
  readonly proxy?: ProxyChoice | undefined;
  readonly signal: AbortSignal;
  /** Kept connections; without them each request has one of its own. */
  readonly connections?: Connections | undefined;
  /** How many are followed; 10 unless given. */
  readonly redirects?: number;
  /** GET unless given. Redirects are followed for GET and HEAD only. */
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'OPTIONS';
  readonly body?: (() => Readable) | Uint8Array | undefined;
}

export type Answer =
  | { readonly kind: 'answer'; readonly response: http.IncomingMessage; readonly url: URL }
  | { readonly kind: 'refused'; readonly reason: string };

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Asks for a URL, following redirects. Rejects with node's error when the network fails or the signal aborts. */
export async function get(start: URL, options: GetOptions): Promise<Answer> {
  const { redirects = MAX_REDIRECTS } = options;
  let url = start;
  for (let hop = 0; hop <= redirects; hop++) {
    const proxy = proxyFor(url, options.environment, options.proxy);
    if (proxy !== undefined && 'bad' in proxy) {
      return { kind: 'refused', reason: `${redact(proxy.bad)} is not an http or https proxy` };
    }
    const response = await exchange(url, proxy, options);
    const status = response.statusCode ?? 0;
    const peer = response.socket.remoteAddress;
    if (hop > 0 && proxy === undefined && peer !== undefined && isLinkLocal(peer)) {
      response.destroy();
      return {
        kind: 'refused',
        reason: `a redirect to a host with the link-local address ${peer}`,
      };
    }
    if (!REDIRECTS.has(status)) return { kind: 'answer', response, url };
    response.destroy();
    const target = redirectTarget(url, response.headers.location);
    if ('reason' in target) return { kind: 'refused', reason: target.reason };
    if (options.method === 'PUT')
      return { kind: 'refused', reason: 'a redirect of what is sent to it' };
    url = target.url;
  }
  return { kind: 'refused', reason: `more than ${redirects} redirects` };
}

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

/**
 * Where a redirect leads. Refused: other schemes than http and https, https to http, and link-local
 * addresses, where clouds keep the machine's credentials.
 */
export function redirectTarget(
  from: URL,
  location: string | undefined,
): { readonly url: URL } | { readonly reason: string } {
  if (location === undefined) return { reason: 'a redirect that does not say where to' };
  if (!URL.canParse(location, from.href)) {
    return { reason: 'a redirect to something that is not a URL' };
  }
  const url = new URL(location, from);
  const shown = redact(url.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { reason: `a redirect to ${shown}, which is neither http nor https` };
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    return { reason: `a redirect from https to ${shown}, which is not protected` };
  }
  if (isLinkLocal(url.hostname.replace(/^\[|\]$/g, ''))) {
    return { reason: `a redirect to ${shown}, a link-local address` };
  }
  if (url.origin === from.origin) {
    url.username = from.username;
    url.password = from.password;
  }
  return { url };
}

function isLinkLocal(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && LINK_LOCAL.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Connections that stay open between requests: so many to each host. */
export class Connections implements Disposable {
  readonly #settings: http.AgentOptions;
  readonly plain: http.Agent;
  readonly secure: https.Agent;
  readonly #tunnels = new Map<string, https.Agent>();

  constructor(perHost: number) {
    this.#settings = { keepAlive: true, maxSockets: perHost, maxFreeSockets: perHost };
    this.plain = new http.Agent(this.#settings);
    this.secure = new https.Agent(this.#settings);
  }

  /** Those to hosts behind a proxy's CONNECT. */
  through(proxy: URL): https.Agent {
    let agent = this.#tunnels.get(proxy.href);
    if (agent === undefined) {
      agent = new TunnelAgent(proxy, this.#settings);
      this.#tunnels.set(proxy.href, agent);
    }
    return agent;
  }

  [Symbol.dispose](): void {
    for (const agent of [this.plain, this.secure, ...this.#tunnels.values()]) agent.destroy();
  }
}

class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, settings: http.AgentOptions) {
    super(settings);
    this.#proxy = proxy;
  }

  override createConnection(
    { host, port }: http.ClientRequestArgs,
    connected?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const url = new URL(`https://${isIP(host ?? '') === 6 ? `[${host}]` : host}:${port}`);
    tunnel(url, this.#proxy, new AbortController().signal).then(
      (socket) => connected!(null, socket),
      // What is typed as a socket is not looked at after an error.
      (error: Error) => connected!(error, undefined as unknown as Duplex),
    );
  }
}

/**
 * Once more, on another connection, where a kept one was closed while the question was on its way: that
 * happens to every client that keeps connections, and says nothing of the server.
 */
async function exchange(
  url: URL,
  proxy: URL | undefined,
  options: GetOptions,
): Promise<http.IncomingMessage> {
  for (;;) {
    try {
      return await exchangeOnce(url, proxy, options);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

class StaleConnection extends Error {}

async function exchangeOnce(
  url: URL,
  proxy: URL | undefined,
  options: GetOptions,
): Promise<http.IncomingMessage> {
  const { connections, signal, method = 'GET', body } = options;
  const headers: http.OutgoingHttpHeaders = { ...options.headers };
  // Two seconds per address: node's own 250 ms fail on slow but working links.
  const common = { signal, headers, method, autoSelectFamilyAttemptTimeout: 2_000 };
  const secure = url.protocol === 'https:';
  if (proxy === undefined) {
    const agent = secure ? connections?.secure : connections?.plain;
    const settings = { ...common, ...trustFor(url), ...(agent === undefined ? {} : { agent }) };
    return answerOf((secure ? https : http).request(url, settings), body);
  }
  if (secure && connections !== undefined) {
    return answerOf(https.request(url, { ...common, agent: connections.through(proxy) }), body);
  }
  if (secure) {
    const socket = await tunnel(url, proxy, signal);
    return answerOf(https.request(url, { ...common, createConnection: () => socket }), body);
  }
  const authorization = basic(url);
  if (authorization !== undefined) headers['authorization'] = authorization;
  const target = new URL(url);
  target.username = target.password = target.hash = '';
  return answerOf(
    (proxy.protocol === 'https:' ? https : http).request({
      ...common,
      ...trustFor(proxy),
      ...addressOf(proxy),
      path: target.href,
      headers: { ...headers, host: url.host, ...proxyHeaders(proxy) },
    }),
    body,
  );
}

function answerOf(
  request: http.ClientRequest,
  body: GetOptions['body'],
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', (error) => {
      const closed = ['ECONNRESET', 'EPIPE'].includes(errnoOf(error) ?? '');
      reject(closed && request.reusedSocket ? new StaleConnection() : error);
    });
    if (typeof body !== 'function') request.end(body);
    else {
      const source = body();
      source.on('error', (error) => request.destroy(error));
      // A server may answer, and close, before it has read all.
      request.once('close', () => source.destroy());
      source.pipe(request);
    }
  });
}

/** A proxy said no; its status says why. */
export class ProxyRefusal extends Error {}

/** A TLS connection to a host through a proxy's CONNECT. */
async function tunnel(url: URL, proxy: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${url.hostname}:${url.port === '' ? 443 : url.port}`;
  const request = (proxy.protocol === 'https:' ? https : http).request({
    ...trustFor(proxy),
    ...addressOf(proxy),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyHeaders(proxy) },
    signal,
    agent: false,
  });
  const plain = await new Promise<Socket>((resolve, reject) => {
    request.on('error', reject);
    request.once('response', (response) => {
      response.destroy();
      reject(new ProxyRefusal(`the proxy answered ${response.statusCode}`));
    });
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new ProxyRefusal(`the proxy answered ${response.statusCode}`));
      }
    });
    request.end();
  });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const secure = tls.connect({
      ...trusted(tls),
      socket: plain,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const abort = (): void => void secure.destroy(new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    secure.once('close', () => signal.removeEventListener('abort', abort));
    secure.once('error', reject);
    secure.once('secureConnect', () => resolve(secure));
  });
}

function trustFor({ protocol }: URL): Pick<tls.ConnectionOptions, 'secureContext'> {
  return protocol === 'https:' ? trusted(tls) : {};
}

function addressOf(proxy: URL): { host: string; port: string; protocol: string } {
  const port = proxy.port === '' ? (proxy.protocol === 'https:' ? '443' : '80') : proxy.port;
  return { protocol: proxy.protocol, host: proxy.hostname.replace(/^\[|\]$/g, ''), port };
}

function proxyHeaders(proxy: URL): http.OutgoingHttpHeaders {
  const authorization = basic(proxy);
  return authorization === undefined ? {} : { 'proxy-authorization': authorization };
}

function basic({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decode(username)}:${decode(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** A percent sign that begins no escape means itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const MEANINGS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'the connection timed out',
  EAI_AGAIN: 'the name server does not answer',
  ENOTFOUND: 'no such host is known',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

export interface NetworkProblem {
  readonly reason: string;
  /** False where trying again would give the same. */
  readonly transient: boolean;
}

/** What a network error means. Anything that is not one is a bug and is thrown on. */
export function networkProblem(error: unknown): NetworkProblem {
  if (error instanceof ProxyRefusal) return { reason: error.message, transient: false };
  const code = errnoOf(error);
  if (code === undefined) throw error;
  if (/^(CERT_|UNABLE_TO_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH)/.test(code)) {
    return { reason: `its TLS certificate is not accepted (${code})`, transient: false };
  }
  if (code.startsWith('HPE_')) {
    return { reason: `the answer is not proper HTTP (${code})`, transient: true };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return { reason: `the TLS connection failed (${code})`, transient: false };
  }
  if (!/^(E[A-Z]+|EAI_[A-Z]+|ERR_[A-Z_]+)$/.test(code)) throw error;
  return { reason: MEANINGS[code] ?? code, transient: code !== 'ENOTFOUND' };
}
