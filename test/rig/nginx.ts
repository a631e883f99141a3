// A real nginx with WebDAV as a mirror, on loopback, in a directory of its own. Started and stopped by the
// test: it stays in the foreground, as our child, and ends with the scope.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { removeTree } from '../../src/base/fs.ts';

export interface Nginx extends AsyncDisposable {
  readonly url: string;
  /** Where what it is sent lies: `ac/` and `cas/`. */
  readonly directory: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** `writable` false: PUT is refused, as by a server that only shows files. */
export async function startNginx(options: { readonly writable?: boolean } = {}): Promise<Nginx> {
  const root = mkdtempSync(join(tmpdir(), 'ashlar-nginx-'));
  const directory = join(root, 'cache');
  mkdirSync(directory);
  const port = await freePort();
  writeFileSync(
    join(root, 'nginx.conf'),
    `daemon off; master_process off; pid ${root}/pid; error_log ${root}/error.log;
    events { worker_connections 256; }
    http {
      access_log off; client_max_body_size 0; default_type application/octet-stream;
      client_body_temp_path ${root}/body; proxy_temp_path ${root}/proxy;
      fastcgi_temp_path ${root}/fastcgi; uwsgi_temp_path ${root}/uwsgi; scgi_temp_path ${root}/scgi;
      server {
        listen 127.0.0.1:${port};
        location /cache/ {
          alias ${directory}/;
          ${options.writable === false ? '' : 'dav_methods PUT DELETE; create_full_put_path on;'}
        }
      }
    }`,
  );
  const child: ChildProcess = spawn('/usr/sbin/nginx', ['-p', root, '-c', 'nginx.conf'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    await later(10);
  }
  return {
    url: `http://127.0.0.1:${port}/cache`,
    directory,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      removeTree(root);
    },
  };
}
