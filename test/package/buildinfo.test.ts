import { expect, test } from 'vitest';
import {
  isGroupName,
  isUserName,
  readBuildinfo,
  DEFAULT_DOCKER,
} from '../../src/package/buildinfo.ts';
import { parseDefinition } from '../../src/package/file.ts';
import { validationTable, type Case } from './golden.ts';
import { collect, summary } from './located.ts';

/** In Python `$` also matches before a last newline; no account has such a name. */
test.each(validationTable<Case<string, null>>('validate_username'))('user $input', (one) => {
  expect(isUserName(one.input)).toBe(one.ok && !one.input.endsWith('\n'));
});

test.each(validationTable<Case<string | null, null>>('validate_group_name'))(
  'group $input',
  ({ input, ok }) => {
    // No group at all is not asked about here.
    if (input === null) expect(ok).toBe(true);
    else expect(isGroupName(input)).toBe(ok && !input.endsWith('\n'));
  },
);

function read(buildinfo: object | string, variant: string | null = null) {
  const text = typeof buildinfo === 'string' ? buildinfo : JSON.stringify(buildinfo);
  return collect((out) => {
    const object = parseDefinition({ file: 'f', text }, out)!;
    return readBuildinfo(object, { name: 'p', variant, directory: '/packages/p' }, out);
  });
}

test('defaults', () => {
  const { value, out } = read({}, 'ee');
  expect(out.diagnostics).toEqual([]);
  expect(value).toMatchObject({
    requires: [],
    buildScript: { path: '/packages/p/ee.build', name: 'ee.build' },
    docker: { name: DEFAULT_DOCKER },
    stateDirectory: false,
    username: undefined,
    group: undefined,
    sysctl: undefined,
    versionExtra: undefined,
    srcWritable: undefined,
  });
  expect([value.sources.size, value.environment.size]).toEqual([0, 0]);
  expect([...value.hashes.keys()]).toEqual(['environment', 'state_directory']);
});

test('everything that can be said', () => {
  const { value, out } = read({
    sources: {
      b: { kind: 'url', url: 'https://h/b', sha512: '0'.repeat(128) },
      a: { kind: 'git_local', rel_path: '../a' },
    },
    requires: ['x'],
    build_script: 'scripts/make',
    docker: 'debian:12',
    environment: { A: 'a', N: 42, T: true },
    state_directory: true,
    username: 'dcos_p',
    group: 'adm',
    sysctl: { svc: { 'a.b': 1 } },
    version_extra: '1.0',
    src_writable: true,
  });
  expect(summary(out.diagnostics)).toEqual([]);
  expect([...value.sources.keys()]).toEqual(['a', 'b']);
  expect(value.buildScript.path).toBe('/packages/p/scripts/make');
  expect(value.docker.name).toBe('debian:12');
  expect(Object.fromEntries(value.environment)).toEqual({
    A: 'a',
    N: '42',
    T: 'True',
  });
  expect(value).toMatchObject({
    stateDirectory: true,
    username: 'dcos_p',
    group: 'adm',
    versionExtra: '1.0',
    srcWritable: true,
  });
  expect([...value.hashes.keys()].sort()).toEqual([
    'environment',
    'group',
    'src_writable',
    'state_directory',
    'sysctl',
    'username',
    'version_extra',
  ]);
});

test('numbers in the environment keep their spelling', () => {
  const { value } = read('{"environment": {"N": 12345678901234567890}}');
  expect(value.environment.get('N')).toBe('12345678901234567890');
});

test('all that is wrong is reported at once, each at its place', () => {
  const { out } = read(`{
  "requires": {},
  "enviroment": {},
  "build_script": 5,
  "username": "root",
  "group": "1",
  "version_extra": "1-2",
  "src_writable": "yes",
  "__proto__": 1,
  "constructor": 2,
  "sources": {"../x": {}, "": {}, "s": {"kind": "url", "url": "u", "sha1": "1", "sha256": "2"}}
}`);
  expect(summary(out.diagnostics).sort()).toEqual([
    'f:10:3 definition/unknown-key',
    'f:11:15 buildinfo/source-name',
    'f:11:27 buildinfo/source-name',
    'f:11:63 source/url',
    'f:11:81 source/checksum',
    'f:2:15 definition/type',
    'f:3:3 definition/unknown-key',
    'f:4:19 definition/type',
    'f:5:15 buildinfo/username',
    'f:6:12 buildinfo/group',
    'f:7:20 buildinfo/version-extra',
    'f:8:19 definition/type',
    'f:9:3 definition/unknown-key',
  ]);
});

test('what was always hashed although mistyped is warned of only', () => {
  const { value, out } = read(`{
  "environment": ["A"],
  "state_directory": 1,
  "docker": null,
  "sysctl": "x",
  "group": "adm",
  "build_script": "../q/build",
  "sources": {"s": {"kind": "url", "url": "https://h/x", "sha1": 1}}
}`);
  expect(summary(out.diagnostics)).toEqual([]);
  expect(summary(out.diagnostics, 'warning').sort()).toEqual([
    'f:2:18 definition/type',
    'f:3:22 definition/type',
    'f:4:13 definition/type',
    'f:5:13 definition/type',
    'f:6:3 buildinfo/group',
    'f:7:19 buildinfo/build-script',
    'f:8:66 source/checksum',
  ]);
  expect(value.environment.size).toBe(0);
  expect(value.stateDirectory).toBe(true);
  expect(value.docker.name).toBe('null');
});

test('an environment that cannot take effect is warned of', () => {
  const { out } = read({ environment: { PATH: 'x', 'a b': 'x', L: ['x'] } });
  expect(summary(out.diagnostics, 'warning')).toEqual([
    'f:1:17 buildinfo/environment',
    'f:1:28 buildinfo/environment',
    'f:1:42 buildinfo/environment',
  ]);
});
