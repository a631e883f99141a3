// What tests of explanations share: a tree of three packages, one requiring the other, and answers with
// what differs from run to run taken out of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createRig, PROJECT, type Rig, type RunOptions } from './program.ts';

/** `lib`, `app` that requires it, `tool` that requires both. */
export function explainedTree(create: () => Rig = createRig): Rig {
  const rig = create();
  rig.write(treeFiles());
  return rig;
}

export function treeFiles(): Record<string, string> {
  return {
    'treeinfo.json': '{}',
    'lib/buildinfo.json': '{}',
    'lib/build': '#!/bin/bash\nmkdir $PKG_PATH/share\necho lib > $PKG_PATH/share/lib\n',
    'app/buildinfo.json': '{"requires": ["lib"], "environment": {"FLAVOUR": "plain"}}',
    'app/build': '#!/bin/bash\ncp $PKG_ROOT/share/lib $PKG_PATH/app || echo none > $PKG_PATH/app\n',
    'tool/buildinfo.json': '{"requires": ["app"]}',
    'tool/build': '#!/bin/bash\necho tool > $PKG_PATH/tool\n',
  };
}

interface WhyCause {
  readonly path: string;
  readonly task: string;
  readonly at?: string;
  readonly old: string | null;
  readonly new: string | null;
}

export interface WhyJson {
  readonly causes: readonly (WhyCause & { readonly tasks: readonly string[] })[];
  readonly tasks: readonly {
    readonly task: string;
    readonly key: string;
    readonly elsewhere?: { readonly mirror: string; readonly causes: readonly WhyCause[] };
  }[];
}

/** What `ashlar why --json` says. */
export function whyJson(
  rig: Pick<Rig, 'run'>,
  targets: readonly string[],
  options?: RunOptions,
): WhyJson {
  return JSON.parse(rig.run(['why', ...targets, '--json'], options).stdout) as WhyJson;
}

/** The key of a task, as the program says it. */
export function keyOfTask(rig: Pick<Rig, 'run'>, task: string, options?: RunOptions): string {
  return whyJson(rig, [task], options).tasks[0]!.key;
}

/** Digests, times and names of the machine, replaced by words. */
export function steady(text: string, rig: Rig): string {
  return text
    .replaceAll(rig.directory, '<rig>')
    .replace(/\b[0-9a-f]{64}\b/g, '<sha256>')
    .replace(/\b[0-9a-f]{40}\b/g, '<sha1>')
    .replace(/\b[0-9a-f]{12}\b/g, '<key>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '<date>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replace(/("worker": )"[^"]*"/g, '$1"<worker>"')
    .replace(/made on \S+ on/g, 'made on <worker> on')
    .replace(/("ms": )\d+/g, '$1<ms>')
    .replace(/\b(\d+ min )?\d+(\.\d)? s\b/g, '<n> s');
}

/** Compares with a golden file; UPDATE_GOLDEN=1 writes it. */
export function expectGolden(name: string, text: string): void {
  const file = join(PROJECT, 'test/golden', name);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
