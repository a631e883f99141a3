// Locks between processes of one machine: a socket in Linux's abstract name space. The kernel lets go
// of it when its owner dies, however it dies, so a lock is never stale and no file remains. Not seen
// from other machines or network namespaces: those may do the same work twice, never wrongly.
import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';

export interface Lock extends AsyncDisposable {
  readonly release: () => Promise<void>;
}

/** Takes the lock if nobody holds it; undefined otherwise. Names may be of any length. */
export async function tryLock(name: string): Promise<Lock | undefined> {
  const server = createServer();
  const bound = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(address(name), () => resolve(true));
  });
  if (!bound) return undefined;
  return held(server);
}

/**
 * Takes the lock, waiting for its holder as long as it takes, or until the signal aborts (undefined).
 * `onWait` is called once, when it has to wait.
 */
export async function lock(
  name: string,
  signal?: AbortSignal,
  onWait?: () => void,
): Promise<Lock | undefined> {
  for (let attempt = 0; ; attempt++) {
    if (signal?.aborted === true) return undefined;
    const taken = await tryLock(name);
    if (taken !== undefined) return taken;
    if (attempt === 0) onWait?.();
    await holderGone(name, signal);
  }
}

function held(server: Server): Lock {
  const waiting = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => waiting.delete(socket));
  });
  server.unref();
  const release = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of waiting) socket.destroy();
    });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** Connects to the holder and waits for the connection to break: no polling, woken when it is gone. */
async function holderGone(name: string, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(address(name));
    const done = (): void => {
      signal?.removeEventListener('abort', done);
      socket.destroy();
      resolve();
    };
    socket.once('error', done);
    socket.once('close', done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Abstract addresses hold 107 bytes, so names go in as digests; the user id keeps users apart. */
function address(name: string): string {
  const digest = createHash('sha256')
    .update(`${process.getuid?.() ?? 0}\0${name}`)
    .digest('hex');
  return `\0ashlar-${digest}`;
}
