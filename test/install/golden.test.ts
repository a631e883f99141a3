// What the original did in 28 sessions, step by step, against what a root of ours does: which packages
// end active, what can be reached through the links, the texts of the files, which steps are refused.
//
// Differs by design, everywhere: a step that is refused leaves nothing behind (the original left `.new`
// trees); a step that succeeds leaves no `.old`; units are links in `ashlar.target.wants`, and are not
// copied, which is the host side's business, as are etc/dcos-service-configuration.json, users and state
// directories; packages stand in the environment files sorted by id (the original's order was random),
// and values in environment.export are quoted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Result } from '../../src/base/diagnostic.ts';
import { activate } from '../../src/install/activate.ts';
import { shellWord } from '../../src/base/shell.ts';
import { install } from '../../src/install/install.ts';
import { activeGeneration, inventory } from '../../src/install/inventory.ts';
import { removePackages } from '../../src/install/repository.ts';
import type { Root } from '../../src/install/root.ts';
import { parseSource } from '../../src/install/source.ts';
import {
  codes,
  goldenInstall,
  leftovers,
  reachable,
  readText,
  rootWith,
  value,
  writeFiles,
  type Files,
} from './rig.ts';

type Entry = string | { readonly mode: string; readonly text: string };

interface Step {
  readonly args: readonly [string, ...string[]];
  readonly rc: number;
  readonly repo: readonly string[];
  /** The root after the step; null when it is gone. */
  readonly root: Readonly<Record<string, Entry>> | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Scenario {
  readonly roles: readonly string[];
  readonly steps: readonly Step[];
}

const golden = JSON.parse(readFileSync(goldenInstall, 'utf8')) as {
  scenarios: Record<string, Scenario>;
  packages: Record<string, string>;
};

/** `id/path` → text, as the golden file has them, by package. */
function packagesOf(files: Readonly<Record<string, string>>): Record<string, Files> {
  const packages: Record<string, Record<string, string>> = {};
  for (const [path, text] of Object.entries(files)) {
    const [id, ...rest] = path.split('/');
    (packages[id!] ??= {})[rest.join('/')] = text;
  }
  return packages;
}

/** Scenarios with packages of their own, which their snapshots imply. */
const OWN: Record<string, Record<string, Files>> = {
  dir_vs_file_collision: {
    'x--1': { 'pkginfo.json': '{}', 'bin/t': '' },
    'y--1': { 'pkginfo.json': '{}', 'bin/t/inner': '' },
  },
  role_and_plain_same_file: { 'x--1': { 'pkginfo.json': '{}', 'bin/t': '', 'bin_master/t': '' } },
  sysctl: {
    ...packagesOf(golden.packages),
    'a--2': {
      ...packagesOf(golden.packages)['a--2'],
      'pkginfo.json': '{"sysctl": {"dcos-a": {"vm.swappiness": 1}, "dcos-unknown": {"x": 1}}}',
    },
    'b2--1': { 'pkginfo.json': '{}' },
  },
};

/** Other commands' business: archives (install.test.ts), arguments, and the rest of the host side. */
const ELSEWHERE = new Set([
  'add_fetch',
  'check',
  'no_args_like',
  'setup_no_bootstrap',
  'uninstall',
  'uninstall_empty',
]);

/** What we answer to the original's words. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/Repeated environment variable/, 'install/repeated-variable'],
  [/are reserved environment vars/, 'install/reserved-variable'],
  [/Repeated name/, 'install/repeated-name'],
  [/`group` cannot be used/, 'install/group-without-username'],
  [/ requires b /, 'install/unmet-requirement'],
  [/Invalid package id bad---id/, 'id/version'],
  [/Invalid package id/, 'id/outline'],
  [/Package Error: (?:zz--1|b--1x)/, 'package/missing'],
  [/No \/ unreadable pkginfo\.json/, 'package/no-pkginfo'],
  [/Usage should be a dictionary/, 'package/pkginfo'],
  [/Invalid JSON/, 'json/syntax'],
  [/Reserved name encountered/, 'install/reserved-unit'],
  [/File exists|Not a directory/, 'install/conflict'],
  [/Refusing to remove active/, 'install/active-package'],
  [/no active folder|Broken past deploy/, 'install/not-active'],
  // Differs by design: what `swap` did, installing does, and it needs no predecessor.
  [/No package with name zz/, 'install/no-repository'],
];

const refuse = () => Promise.reject(new Error('nothing is fetched or unpacked here'));

async function take(root: Root, { args }: Step, roles: readonly string[]) {
  const [command, ...ids] = args;
  switch (command) {
    case 'activate':
      return activate(root, ids, { roles });
    case 'active':
      return activeGeneration(root);
    case 'list':
      return inventory(root);
    case 'remove':
      return removePackages(root, ids);
    case 'swap': {
      const source = parseSource(ids[0]!, '/');
      if (!source.ok) return source;
      const options = { activate: true, roles, unpack: refuse, fetchFile: refuse };
      return install(root, [source.value], options);
    }
    default:
      throw new Error(`no such command here: ${command}`);
  }
}

test('the golden file has the scenarios it had', () => {
  expect(Object.keys(golden.scenarios)).toHaveLength(28);
});

const scenarios = Object.entries(golden.scenarios).filter(([name]) => !ELSEWHERE.has(name));

test.each(scenarios)('%s', async (name, scenario) => {
  using made = rootWith({});
  const { root } = made;
  for (const [id, files] of Object.entries(OWN[name] ?? packagesOf(golden.packages))) {
    writeFiles(join(root.packages, id), files);
  }
  for (const step of scenario.steps) {
    const result: Result<unknown> = await take(root, step, scenario.roles);
    if (name === 'sysctl_without_service') {
      // Differs by design: which service a setting is for, the host side asks when it applies them.
      expect(value(activeGeneration(root)).packages).toEqual(['d--1']);
      continue;
    }
    if (name === 'swap' && step.args[1] === 'b--1') {
      // Differs by design: b was not active, and is added.
      expect(result.ok).toBe(true);
      value(await activate(root, ['a--1'], { roles: scenario.roles }));
      continue;
    }
    if (step.rc === 0) value(result);
    // We tell everything that is wrong with a set, the original the first thing it met.
    else expect(codes(result)[0]).toBe(expectedCode(step));
    if (step.root !== null) compare(root, step.root);
    if (step.args[0] === 'list') {
      expect(value(inventory(root)).map(({ id }) => id)).toEqual([...step.repo].sort());
    }
    expect(leftovers(root)).toEqual([]);
  }
});

function expectedCode({ stderr }: Step): string {
  const kind = KINDS.find(([pattern]) => pattern.test(stderr));
  if (kind === undefined) throw new Error(`no word of ours for: ${stderr}`);
  return kind[1];
}

function compare(root: Root, entries: Readonly<Record<string, Entry>>): void {
  const environment = entries['environment'];
  if (environment === undefined) {
    expect(codes(activeGeneration(root))).toEqual(['install/not-active']);
    return;
  }
  const active = Object.entries(entries)
    .filter(([path]) => path.startsWith('active/') && path !== 'active/')
    .map(([, link]) => (link as string).replace(/.*\//, ''));
  expect(value(activeGeneration(root)).packages).toEqual(active.sort());

  expect(readText(root, 'environment')).toBe(expectedText(root, environment));
  expect(readText(root, 'environment.export')).toBe(
    expectedText(root, entries['environment.export']!).replaceAll(
      /^export (A_\w+)=(.*)$/gm,
      (_, key: string, text: string) => `export ${key}=${shellWord(text)}`,
    ),
  );
  expect(readText(root, 'active.buildinfo.full.json')).toBe(
    (entries['active.buildinfo.full.json'] as { text: string }).text,
  );
  compareFarm(root, entries, active);
}

/** The golden text with our root's path and the sections of packages sorted. */
function expectedText(root: Root, entry: Entry): string {
  const text = (entry as { text: string }).text.replaceAll('<tmp>/root', root.path);
  const [head, ...sections] = text.split('# package: ');
  return [head, ...sections.sort()].join('# package: ');
}

function compareFarm(
  root: Root,
  entries: Readonly<Record<string, Entry>>,
  ids: readonly string[],
): void {
  const expected: Record<string, string> = {};
  for (const [path, entry] of Object.entries(entries)) {
    if (typeof entry === 'string' && /^(?:bin|etc|include|lib)\/.*[^/]$/.test(path)) {
      expected[path] = entry.replace('-> <tmp>/repo', 'packages');
    }
  }
  if (ids.includes('b--1')) {
    // Differs by design: the original wrote a file of its own over the package's.
    const path = 'etc/dcos-service-configuration.json';
    expected[path] = `packages/b--1/${path}`;
  }
  const shown = reachable(root);
  const units = Object.keys(shown).filter((path) => path.startsWith('ashlar.target.wants/'));
  const farm = Object.entries(shown).filter(([path]) => !units.includes(path));
  expect(Object.fromEntries(farm)).toEqual(expected);

  const wanted = Object.keys(entries).filter((path) => /^dcos\.target\.wants\/./.test(path));
  expect(units.sort()).toEqual(wanted.map((path) => path.replace('dcos.', 'ashlar.')).sort());
  for (const unit of units) {
    const copied = entries[unit.replace('ashlar.target.wants/', '')] as { text: string };
    expect(readFileSync(join(root.path, unit), 'utf8')).toBe(copied.text);
  }
}
