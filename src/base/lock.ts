// Locks between processes of one machine: a socket in Linux's abstract name space. The kernel lets go
// of it when its owner dies, however it dies, so a lock is never stale and no file remains. Not seen
// from other machines or network namespaces: those may do the same work twice, never wrongly.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';

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
    // Neither the lock nor those who wait for it keep a process alive that has nothing else to do.
    socket.unref();
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

/** Where a holder has more connections waiting than the kernel queues, each asks again after so long. */
const CROWDED_MS = 50;

/** Connects to the holder and waits for the connection to break: no polling, woken when it is gone. */
async function holderGone(name: string, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const socket = connect(address(name));
    let timer: NodeJS.Timeout | undefined;
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      socket.destroy();
      resolve();
    };
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EAGAIN') timer = setTimeout(done, CROWDED_MS);
      else done();
    });
    socket.once('end', done);
    socket.once('close', () => {
      if (timer === undefined) done();
    });
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Names the processes that see each other's locks: those of one network namespace on one running kernel.
 * What a lock protects is only safe from others where they are of the same scope.
 */
export function lockScope(): string {
  const parts = [readBootId(), readNetworkNamespace()];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8);
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return hostname();
  }
}

function readNetworkNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/net');
  } catch {
    return '';
  }
}

/**
 * Abstract addresses hold 107 bytes, so names go in as digests. The user is no part of it: who shares a
 * store with others shares its locks.
 */
function address(name: string): string {
  return `\0ashlar-${createHash('sha256').update(name).digest('hex')}`;
}
