// What a machine trusts besides Node's own list, and when it is read. Node reads NODE_EXTRA_CA_CERTS at every start: for
// a system's whole list a tenth of a second, also of programs that ask nobody. The launcher hides the variable from it
// under another name, and the file is read when the first connection is made. Knows nothing of connections.
import { readFileSync } from 'node:fs';
import type * as Tls from 'node:tls';

const NODES_NAME = 'NODE_EXTRA_CA_CERTS';
const HIDDEN_NAME = 'ASHLAR_EXTRA_CA_CERTS';

/** The file, if Node has not read it. */
let unread: string | undefined;

/** Programs that are started from now on find the variable as the user set it. */
export function revealAuthorities(env: NodeJS.ProcessEnv): void {
  unread = env[HIDDEN_NAME];
  if (unread === undefined) return;
  env[NODES_NAME] = unread;
  delete env[HIDDEN_NAME];
}

/** The same environment for a program of Ashlar's own that asks nobody. */
export function withoutAuthorities(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [NODES_NAME]: _, ...rest } = env;
  return rest;
}

let known: { readonly secureContext?: Tls.SecureContext } | undefined;

/** What connections trust: to be among the options of each. A file that cannot be read is told as Node tells it, once. */
export function trusted(tls: typeof Tls): {
  readonly secureContext?: Tls.SecureContext;
} {
  known ??= unread === undefined ? {} : readAuthorities(tls, unread);
  return known;
}

function readAuthorities(
  { createSecureContext, rootCertificates }: typeof Tls,
  path: string,
): { readonly secureContext?: Tls.SecureContext } {
  try {
    // One for all: each that is made parses the whole list.
    const secureContext = createSecureContext({
      ca: [...rootCertificates, readFileSync(path, 'utf8')],
    });
    return { secureContext };
  } catch (error) {
    process.emitWarning(`Ignoring extra certs from \`${path}\`: ${(error as Error).message}`);
    return {};
  }
}
