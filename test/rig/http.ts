// A loopback HTTP server that a test controls to the byte: it can cut, stall, reset and lie. It reads
// request heads only, answers one request per connection, and ends with its scope.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface HttpRequest {
  readonly method: string;
  /** As sent: a path, or a whole URL when the client takes us for a proxy. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Handler = (request: HttpRequest, reply: Reply) => void | Promise<void>;

export class HttpServer implements AsyncDisposable {
  readonly requests: HttpRequest[] = [];
  handler: Handler;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();

  private constructor(handler: Handler, tls?: { key: string; cert: string }) {
    this.handler = handler;
    this.#scheme = tls === undefined ? 'http' : 'https';
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  static async start(handler: Handler, tls?: { key: string; cert: string }): Promise<HttpServer> {
    const server = new HttpServer(handler, tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string, userinfo = ''): string {
    return `${this.#scheme}://${userinfo}127.0.0.1:${this.port}${path}`;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    let head = '';
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      const request = parseHead(head);
      this.requests.push(request);
      void this.handler(request, new Reply(socket));
    };
    socket.on('data', read);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function parseHead(head: string): HttpRequest {
  const [first = '', ...lines] = head.split('\r\n\r\n')[0]!.split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, target, headers: Object.fromEntries(headers) };
}

export class Reply {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Sends status and headers as given, right or wrong. */
  head(status: number, headers: Record<string, string | number> = {}): this {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`HTTP/1.1 ${status} Status\r\nConnection: close\r\n${lines.join('')}\r\n`);
    return this;
  }

  /** Resolves when the bytes are on their way. */
  async body(bytes: string | Uint8Array): Promise<this> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
    return this;
  }

  end(): void {
    this.socket.end();
  }

  /** Breaks the connection with a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** A whole and proper answer. */
  send(
    status: number,
    body: string | Uint8Array,
    headers: Record<string, string | number> = {},
  ): void {
    this.head(status, { 'Content-Length': Buffer.byteLength(body), ...headers });
    this.socket.end(body);
  }
}

export interface FileOptions {
  readonly etag?: string;
  /** False: answers every range with the whole file. */
  readonly ranges?: boolean;
}

/** Serves one content properly, with ranges and If-Range. */
export function fileHandler(content: Uint8Array, options: FileOptions = {}): Handler {
  return ({ headers }, reply) => {
    const tag = options.etag === undefined ? {} : { ETag: options.etag };
    const start = rangeStart(headers);
    const stale = headers['if-range'] !== undefined && headers['if-range'] !== options.etag;
    if (start === undefined || stale || options.ranges === false) {
      reply.send(200, content, tag);
    } else if (start >= content.length) {
      reply.send(416, '', { 'Content-Range': `bytes */${content.length}` });
    } else {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      reply.send(206, content.subarray(start), { 'Content-Range': range, ...tag });
    }
  };
}

/** Offset that a request's Range header begins at. */
export function rangeStart(headers: Readonly<Record<string, string>>): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(headers['range'] ?? '');
  return match === null ? undefined : Number(match[1]);
}
