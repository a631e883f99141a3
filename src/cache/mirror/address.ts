// Where a mirror is, as people write it: a directory, `file://`, `http://` or `https://`. Knows nothing of
// what is there.
import { isAbsolute, resolve } from 'node:path';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { redact } from '../../base/http/redact.ts';

export type Address =
  | { readonly kind: 'directory'; readonly path: string; readonly name: string }
  | { readonly kind: 'http'; readonly url: URL; readonly name: string };

/** Reads an address; paths are relative to `cwd`. Error: `mirror/address`. */
export function readAddress(text: string, cwd: string): Result<Address> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined && text !== '') {
    const path = resolve(cwd, text);
    return ok({ kind: 'directory', path, name: path });
  }
  if (scheme === 'file') {
    const path = text.slice('file://'.length);
    if (isAbsolute(path))
      return ok({ kind: 'directory', path: resolve(path), name: resolve(path) });
  }
  if ((scheme === 'http' || scheme === 'https') && URL.canParse(text)) {
    const url = new URL(text);
    if (url.search === '' && url.hash === '') {
      if (!url.pathname.endsWith('/')) url.pathname += '/';
      return ok({ kind: 'http', url, name: redact(url.href).replace(/\/$/, '') });
    }
  }
  return failed(
    definitionError({
      code: 'mirror/address',
      message: `"${redact(text)}" is not the address of a mirror`,
      hint: 'it is a directory, or begins with https://, http:// or file:/// and has neither ? nor #',
    }),
  );
}
