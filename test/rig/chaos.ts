// A mirror on loopback that behaves as a test tells it: properly (it keeps what it is sent in memory), or
// as badly as servers, proxies and attackers do. Ends with its scope.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What it does with one request, in place of answering properly; false: nothing, answer properly. */
export type Mood = (
  request: IncomingMessage,
  response: ServerResponse,
  chaos: ChaosMirror,
) => boolean;

export class ChaosMirror implements AsyncDisposable {
  /** `ac/…` and `cas/…` → content. */
  readonly files = new Map<string, Buffer>();
  /** `GET ac/…` in the order of arrival. */
  readonly requests: string[] = [];
  readonly authorizations = new Set<string>();
  /** Connections that were made. */
  connections = 0;
  mood: Mood = () => false;
  /** As a server that knows zstd: says so, takes it, and sends it to who wants it. */
  zstd: ((content: Buffer) => Promise<Buffer>) | undefined;
  unzstd: ((content: Buffer) => Promise<Buffer>) | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(mood?: Mood): Promise<ChaosMirror> {
    const chaos = new ChaosMirror();
    if (mood !== undefined) chaos.mood = mood;
    await new Promise<void>((resolve) => chaos.#server.listen(0, '127.0.0.1', resolve));
    return chaos;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(userinfo = ''): string {
    return `http://${userinfo}127.0.0.1:${this.port}/cache`;
  }

  /** Does something again and again until the scope ends. */
  every(ms: number, action: () => void): void {
    this.#timers.add(setInterval(action, ms));
  }

  /** Closes all connections, as servers do with those that are idle. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** How many requests began so. */
  count(start: string): number {
    return this.requests.filter((request) => request.startsWith(start)).length;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url!.replace(/^\/cache\//, '');
    this.requests.push(`${request.method} ${path}`);
    if (request.headers.authorization !== undefined) {
      this.authorizations.add(request.headers.authorization);
    }
    response.on('error', () => undefined);
    if (this.mood(request, response, this)) return;
    if (this.zstd !== undefined) response.setHeader('Accept-Encoding', 'zstd, identity');
    if (request.method === 'PUT') this.#take(path, request, response);
    else void this.#give(path, request, response);
  }

  #take(path: string, request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const content = Buffer.concat(chunks);
      const encoded = request.headers['content-encoding'] === 'zstd';
      void (encoded ? this.unzstd!(content) : Promise.resolve(content)).then((plain) => {
        this.files.set(path, plain);
        response.writeHead(201).end();
      });
    });
  }

  async #give(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = this.files.get(path);
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>not found</h1>');
      return;
    }
    const wants = String(request.headers['accept-encoding']).includes('zstd');
    const encoded = this.zstd !== undefined && wants && request.method === 'GET';
    const body = encoded ? await this.zstd!(content) : content;
    response.writeHead(200, {
      'content-length': body.length,
      'content-type': 'application/octet-stream',
      ...(encoded ? { 'content-encoding': 'zstd' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Moods only for requests that begin so: `GET cas`. */
export function only(start: string, mood: Mood): Mood {
  return (request, response, chaos) => {
    const told = `${request.method} ${request.url!.replace(/^\/cache\//, '')}`;
    return told.startsWith(start) && mood(request, response, chaos);
  };
}

function answer(status: number, headers: Record<string, string> = {}, body = ''): Mood {
  return (_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
}

/** The content that the mirror has for a request. */
function contentFor(request: IncomingMessage, chaos: ChaosMirror): Buffer {
  return chaos.files.get(request.url!.replace(/^\/cache\//, '')) ?? Buffer.from('something else');
}

/** Everything that a mirror may do wrong, by name. */
export const MOODS = {
  'a web page in place of everything': answer(
    200,
    { 'content-type': 'text/html' },
    '<html>please log in</html>',
  ),
  'other bytes under every name': answer(200, {}, 'something else'),
  'a part in place of the whole': answer(206, { 'content-range': 'bytes 0-3/4' }, 'part'),
  'an error in place of everything': answer(500),
  'too busy, for an hour': answer(503, { 'retry-after': '3600' }),
  'too busy, without end': answer(429, { 'retry-after': '0' }),
  'no access': answer(403),
  'wants a password': answer(401, { 'www-authenticate': 'Basic realm="x"' }),
  'a redirect in a circle': (request, response) => {
    response.writeHead(302, { location: request.url! }).end();
    return true;
  },
  'a redirect to a file': answer(302, { location: 'file:///etc/passwd' }),
  "a redirect to the cloud's own address": answer(302, {
    location: 'http://169.254.169.254/latest/meta-data/',
  }),
  'a redirect to nowhere': answer(302),
  'a body that is longer than it says': (_, response) => {
    response.socket!.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfar more than three bytes');
    return true;
  },
  'a body that is shorter than it says': (request, response, chaos) => {
    const content = contentFor(request, chaos);
    response.socket!.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`);
    response.socket!.end(content.subarray(0, content.length >> 1));
    return true;
  },
  'a connection that breaks in the middle': (request, response, chaos) => {
    const content = contentFor(request, chaos);
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, content.length >> 1), () =>
      response.socket?.resetAndDestroy(),
    );
    return true;
  },
  'a connection that breaks at once': (_, response) => {
    response.socket!.resetAndDestroy();
    return true;
  },
  'what is no HTTP': (_, response) => {
    response.socket!.end('220 ftp.example ready\r\n');
    return true;
  },
  'a bomb of gzip': (_, response) => {
    const bomb = gzipSync(Buffer.alloc(8 << 20));
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    return true;
  },
  'a body that never ends': (_, response, chaos) => {
    response.writeHead(200);
    const block = Buffer.alloc(1 << 16, 'x');
    chaos.every(1, () => response.writableLength < 1 << 20 && response.write(block));
    return true;
  },
  'one byte at a time': (_, response, chaos) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    chaos.every(20, () => response.write('x'));
    return true;
  },
  'no answer at all': () => true,
  'a head that never ends': (_, response, chaos) => {
    response.socket!.write('HTTP/1.1 200 OK\r\n');
    chaos.every(5, () => response.socket?.write('X-More: and more\r\n'));
    return true;
  },
} satisfies Record<string, Mood>;
