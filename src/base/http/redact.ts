// Takes secrets out of text that may hold URLs, before anybody sees it. Knows nothing of where it goes.

/**
 * Text with the secrets of its URLs taken out: user names and passwords, and the values of query
 * parameters. Everything that is shown or logged goes through here.
 */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#'"]*@/gi, '$1')
    .replace(
      /([a-z][a-z0-9+.-]*:\/\/[^\s?#'"]*)\?([^\s#'"]*)(#[^\s'"]*)?/gi,
      (_, address: string, query: string) => `${address}?${query.split('&').map(keyOf).join('&')}`,
    );
}

function keyOf(parameter: string): string {
  const equals = parameter.indexOf('=');
  return equals === -1 ? '…' : `${parameter.slice(0, equals)}=…`;
}
