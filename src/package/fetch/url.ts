// What a source's URL says without asking anyone: file name, local path, and the form that may be
// shown. Knows nothing of transfers.
import { isAbsolute, resolve } from 'node:path';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { redact } from '../../base/http/redact.ts';

/**
 * The name pkgpanda gives a URL's file in its cache: what follows the last slash of what follows the
 * first `://`, query and fragment included. Undefined for text without `://`.
 */
export function urlCacheBasename(url: string): string | undefined {
  const rest = url.split('://')[1];
  return rest === undefined ? undefined : rest.slice(rest.lastIndexOf('/') + 1);
}

const ARCHIVE = /\.tgz$|\.zip$|.\.tar\.[^.]+$/;

/**
 * The file name of a source: without query and fragment, which would break the detection of the
 * archive's type; with them only where they alone tell that type (`get.php?file=a.tar.gz`).
 * Error: `source/bad-url` when the URL names no file.
 */
export function sourceName(url: string): Result<string> {
  const whole = urlCacheBasename(url);
  // A local path may contain these characters, and means them.
  const short = url.startsWith('file://') ? whole : urlCacheBasename(url.replace(/[?#].*$/s, ''));
  const name =
    short === undefined || short === '' || (!ARCHIVE.test(short) && ARCHIVE.test(whole ?? ''))
      ? whole
      : short;
  if (name === undefined) {
    return badUrl(`${shown(url)} has no scheme`, 'a URL begins with http://, https:// or file://');
  }
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    return badUrl(`${shown(url)} does not end in the name of a file`);
  }
  return ok(name);
}

/** A URL with its relative `file://` path made absolute; everything else as it is. */
export function absoluteUrl(url: string, packageDirectory: string): string {
  const path = filePath(url);
  if (path === undefined || isAbsolute(path)) return url;
  return `file://${resolve(packageDirectory, path)}`;
}

/** The path of a `file://` URL, taken literally as pkgpanda does; undefined for other URLs. */
export function filePath(url: string): string | undefined {
  return url.startsWith('file://') ? url.slice('file://'.length) : undefined;
}

/** Parses an http or https URL. Error: `source/bad-url`. */
export function parseHttpUrl(url: string): Result<URL> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) {
    // Where the host ends is unclear here, so nothing that may be a password is shown.
    const tail = url.slice(url.lastIndexOf('@') + 1);
    return badUrl(`${shown(tail)} is not a valid URL`);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return badUrl(
      `${shown(url)} has a scheme that downloads do not know`,
      'use http://, https://, file:// or mirror://NAME/',
    );
  }
  return ok(parsed);
}

function badUrl(message: string, hint?: string): Result<never> {
  return failed(
    definitionError({
      code: 'source/bad-url',
      message,
      ...(hint === undefined ? {} : { hint }),
    }),
  );
}

function shown(url: string): string {
  const text = redact(url);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
