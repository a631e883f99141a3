// Which repository addresses are accepted. An address may come from anyone's tree, so what git would
// take for an option or for a program to run is refused before git sees it.
import { isAbsolute, resolve } from 'node:path';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { redact } from '../../base/http/redact.ts';
import { absoluteUrl, filePath } from './url.ts';

export interface GitAddress {
  readonly url: string;
  /** True when reaching it needs no network. */
  readonly local: boolean;
}

const SCHEMES = new Set(['http', 'https', 'git', 'ssh', 'git+ssh', 'ssh+git']);

/**
 * An address git may be given: http(s), git, ssh and file URLs, `user@host:path`, absolute paths, and
 * paths beginning with `./` or `../`, which are relative to the package. Error: `source/bad-git-url`.
 */
export function gitAddress(url: string, packageDirectory: string): Result<GitAddress> {
  const problem = (message: string, hint?: string): Result<never> =>
    failed(
      definitionError({
        code: 'source/bad-git-url',
        message: `${JSON.stringify(redact(url).slice(0, 200))} ${message}`,
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  if (/[\u0000-\u001f]/.test(url)) return problem('has control characters in it');
  if (url.startsWith('-')) return problem('begins with "-", which git would take for an option');
  if (/^[A-Za-z0-9+.-]*::/.test(url)) {
    return problem('names a helper program to fetch with; that is refused', SCHEMES_HINT);
  }
  if (filePath(url) !== undefined) {
    return ok({ url: absoluteUrl(url, packageDirectory), local: true });
  }
  const scheme = /^([^/:]+):\/\//.exec(url)?.[1];
  if (scheme !== undefined) {
    if (!SCHEMES.has(scheme.toLowerCase())) {
      return problem(`has the scheme "${scheme}", which is not accepted`, SCHEMES_HINT);
    }
    const host = /^[^/]*\/\/(?:[^/]*@)?([^/]*)/.exec(url)?.[1] ?? '';
    if (host === '') return problem('names no host');
    return host.startsWith('-')
      ? problem('has a host that looks like an option')
      : ok({ url, local: false });
  }
  if (isAbsolute(url)) return ok({ url, local: true });
  if (/^\.\.?(\/|$)/.test(url)) return ok({ url: resolve(packageDirectory, url), local: true });
  const host = /^(?:[^/:]*@)?(\[[^\]/]+\]|[^/:]+):./.exec(url)?.[1];
  if (host === undefined) return problem('is not the address of a repository', SCHEMES_HINT);
  return host.startsWith('-')
    ? problem('has a host that looks like an option')
    : ok({ url, local: false });
}

const SCHEMES_HINT =
  'use https://, http://, ssh://, git:// or file://, user@host:path, or a path that begins with /, ./ or ../';
