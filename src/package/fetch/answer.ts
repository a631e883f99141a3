// What an HTTP answer's status and headers mean for a download, and what to ask for. Pure; knows
// nothing of bodies.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from './clock.ts';
import { refused, type Outcome } from './outcome.ts';
import type { Part, Validator } from './part.ts';

/** What a server can ask us to wait at most. */
const MAX_WAIT_MS = 120_000;

/**
 * Headers that ask for what a part lacks. `pinned`: bytes of another URL, or of no known version, may
 * be continued, because a checksum judges the whole.
 */
export function rangeFor(part: Part, url: string, pinned: boolean): Record<string, string> {
  if (part.size === 0) return {};
  const range = { range: `bytes=${part.size}-` };
  const { validator } = part;
  if (validator?.url === digestOfUrl(url)) return { ...range, 'if-range': validator.etag };
  return pinned ? range : {};
}

/** Judges a status that brings no bytes. */
export function judge(status: number, headers: IncomingHttpHeaders, clock: Clock): Outcome {
  const reason = `it answered ${status}${MEANINGS[status] === undefined ? '' : ` (${MEANINGS[status]})`}`;
  if (status !== 408 && status !== 425 && status !== 429 && status < 500) {
    return { kind: 'refused', missing: status === 404 || status === 410, reason };
  }
  const waitMs = retryAfter(headers['retry-after'], clock);
  if (waitMs !== undefined && waitMs > MAX_WAIT_MS) {
    return refused(`${reason} and asks to come back in ${Math.ceil(waitMs / 1000)} s`);
  }
  return { kind: 'again', reason, waitMs };
}

const MEANINGS: Record<number, string> = {
  401: 'it wants credentials',
  403: 'access denied',
  404: 'not found',
  407: 'the proxy wants credentials',
  408: 'it gave up waiting',
  410: 'gone',
  429: 'too many requests',
  500: 'internal error',
  502: 'bad gateway',
  503: 'unavailable',
  504: 'gateway timeout',
};

/** Milliseconds that a `Retry-After` header (seconds or a date) asks for. */
function retryAfter(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}

/** The declared size of the body, in bytes. */
export function lengthOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Where the body begins in the whole file, and the whole file's size when told. */
export function contentRange(
  header: string | undefined,
): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(header ?? '');
  if (match === null) return undefined;
  return { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) };
}

/** Only a strong tag promises the same bytes. */
export function validatorOf(url: string, headers: IncomingHttpHeaders): Validator | undefined {
  const { etag } = headers;
  return etag?.startsWith('"') === true ? { url: digestOfUrl(url), etag } : undefined;
}

function digestOfUrl(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}
