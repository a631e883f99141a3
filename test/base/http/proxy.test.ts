// Which proxy a request goes through.
import { expect, test } from 'vitest';
import { proxyFor } from '../../../src/base/http/proxy.ts';

const PROXIES = {
  http_proxy: 'http://p:1',
  https_proxy: 'https://q:2',
};

test.each([
  ['http://h/', PROXIES, 'http://p:1/'],
  ['https://h/', PROXIES, 'https://q:2/'],
  ['https://h/', { http_proxy: 'http://p:1' }, undefined],
  ['https://h/', { HTTPS_PROXY: 'q:2' }, 'http://q:2/'],
  ['http://h/', { HTTP_PROXY: 'q:2' }, 'http://q:2/'],
  ['http://h/', { HTTP_PROXY: 'q:2', REQUEST_METHOD: 'GET' }, undefined],
  ['http://h/', { all_proxy: 'q:2' }, 'http://q:2/'],
  ['http://h/', { http_proxy: '' }, undefined],
  ['http://h/', { ...PROXIES, no_proxy: '*' }, undefined],
  ['http://h/', { ...PROXIES, no_proxy: 'x, h' }, undefined],
  ['http://H.Example/', { ...PROXIES, NO_PROXY: 'example' }, undefined],
  ['http://h.example/', { ...PROXIES, no_proxy: '.example' }, undefined],
  ['http://h.example/', { ...PROXIES, no_proxy: '*.example' }, undefined],
  ['http://example/', { ...PROXIES, no_proxy: 'ample' }, 'http://p:1/'],
  ['http://h:81/', { ...PROXIES, no_proxy: 'h:80' }, 'http://p:1/'],
  ['http://h/', { ...PROXIES, no_proxy: 'h:80' }, undefined],
  ['http://[::1]:8080/', { ...PROXIES, no_proxy: '[::1]:8080' }, undefined],
  ['http://[::1]/', { ...PROXIES, no_proxy: '::1' }, undefined],
])('%s with %j goes through %s', (url, environment, expected) => {
  const proxy = proxyFor(new URL(url), environment);
  expect(proxy === undefined || 'bad' in proxy ? undefined : proxy.href).toBe(expected);
});

test("a candidate's own choice wins, and nonsense is told", () => {
  const url = new URL('http://h/');
  expect(proxyFor(url, PROXIES, 'DIRECT')).toBeUndefined();
  expect(proxyFor(url, { ...PROXIES, no_proxy: '*' }, 'http://r:3')).toEqual(new URL('http://r:3'));
  expect(proxyFor(url, { http_proxy: 'socks5://s' })).toEqual({ bad: 'socks5://s' });
  expect(proxyFor(url, { http_proxy: 'http://a b' })).toEqual({ bad: 'http://a b' });
});
