// A certificate for loopback that signs itself, and its key: what a test's server shows to those who are to trust it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** Where it lies, for those who are told by a path. */
  readonly path: string;
  readonly cert: string;
  readonly key: string;
}

/** Valid from now on, for two days. */
export function makeCertificate(directory: string): Certificate {
  const [keyPath, path] = [join(directory, 'key'), join(directory, 'cert')];
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', [...request.split(' '), '-keyout', keyPath, '-out', path], {
    stdio: 'ignore',
  });
  return { path, cert: readFileSync(path, 'utf8'), key: readFileSync(keyPath, 'utf8') };
}
