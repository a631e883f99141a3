// Passwords for hosts from a netrc file, as curl and git read it: $NETRC, else ~/.netrc. Knows nothing of
// requests. What is in it must never be shown.
import { join } from 'node:path';
import { errnoOf, readIfExists } from '../../base/fs.ts';

export interface Login {
  readonly login: string;
  readonly password: string;
}

/** The login for a host; that of `default` where there is none of its own. */
export function loginFor(host: string, env: NodeJS.ProcessEnv): Login | undefined {
  const file =
    env['NETRC'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.netrc'));
  if (file === undefined || file === '') return undefined;
  const text = readOrNothing(file);
  return text === undefined ? undefined : findLogin(text, host);
}

function readOrNothing(file: string): string | undefined {
  try {
    return readIfExists(file)?.toString('utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

export function findLogin(text: string, host: string): Login | undefined {
  // A macro goes to the next empty line.
  const words = text
    .replace(/^macdef .*\n(?:.+\n?)*/gm, '')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/\s+/))
    .filter((word) => word !== '');
  let entry: { login?: string; password?: string } | undefined;
  let done = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'machine' || word === 'default') {
      if (entry !== undefined) done = true;
      if (done) break;
      const name = word === 'default' ? host : words[++i];
      if (name?.toLowerCase() === host.toLowerCase()) entry = {};
    } else if (word === 'login') {
      const login = words[++i];
      if (entry !== undefined && login !== undefined) entry.login = login;
    } else if (word === 'password') {
      const password = words[++i];
      if (entry !== undefined && password !== undefined) entry.password = password;
    } else if (word === 'account') i++;
  }
  return entry === undefined
    ? undefined
    : { login: entry.login ?? '', password: entry.password ?? '' };
}
