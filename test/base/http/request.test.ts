// Where redirects may lead, and what network errors mean.
import { expect, test } from 'vitest';
import { networkProblem, redirectTarget } from '../../../src/base/http/request.ts';

function target(from: string, location: string): string {
  const found = redirectTarget(new URL(from), location);
  return 'url' in found ? found.url.href : found.reason;
}

test.each([
  ['http://h/a/b', '../c', 'http://h/c'],
  ['http://h/a', 'https://other/c', 'https://other/c'],
  ['https://u:p@h/a', '/c', 'https://u:p@h/c'],
  ['https://u:p@h/a', 'https://h/c', 'https://u:p@h/c'],
  ['https://u:p@h/a', 'https://other/c', 'https://other/c'],
])('from %s, %s leads to %s', (from, location, to) => {
  expect(target(from, location)).toBe(to);
});

test.each([
  ['https://h/a', 'http://h/a', 'from https'],
  ['https://h/a', 'javascript:x', 'neither'],
  ['https://h/a', 'ftp://h/a?secret=1', 'ftp://h/a?secret=…'],
  ['http://h/a', 'http://169.254.169.254/', 'link-local'],
  // The same address in other spellings.
  ['http://h/a', 'http://2852039166/', 'link-local'],
  ['http://h/a', 'http://[fe80::abcd]/', 'link-local'],
])('from %s, %s is refused', (from, location, reason) => {
  expect(target(from, location)).toContain(reason);
});

test('errors of the network are told in words, bugs are not caught', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });
  expect(networkProblem(coded('ECONNRESET')).transient).toBe(true);
  expect(networkProblem(coded('EAI_AGAIN')).transient).toBe(true);
  expect(networkProblem(coded('ENOTFOUND')).transient).toBe(false);
  expect(networkProblem(coded('CERT_HAS_EXPIRED')).transient).toBe(false);
  expect(networkProblem(coded('HPE_INVALID_CONSTANT')).transient).toBe(true);
  expect(() => networkProblem(new TypeError('bug'))).toThrow('bug');
});
