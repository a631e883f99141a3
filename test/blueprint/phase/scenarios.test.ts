import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { formatPlace } from '../../../src/base/diagnostic.ts';
import { Engine, memoryFiles } from '../../../src/index.ts';
import { isNinjaAtLeast, targetsInManifest } from '../../rig/ninja.ts';
import { golden } from '../golden.ts';
import { addition, CONFIG, standardLogic } from './standard.ts';

interface Scenario {
  readonly id: string;
  readonly files: Record<string, string>;
  readonly parse_deps?: readonly string[];
  readonly prepare_deps?: readonly string[] | null;
  readonly errors?: readonly string[];
  readonly failed_at?: string;
  readonly ninja?: string;
  readonly all_targets?: Record<string, string>;
  readonly all_targets_error?: string;
  readonly panic?: string;
  readonly trace?: readonly string[];
  readonly unstable_fields?: readonly string[];
  readonly all_observed?: { readonly errors?: readonly (readonly string[])[] };
}

const { cases } = golden('context/scenarios.json') as { cases: Scenario[] };

interface Outcome {
  readonly engine: Engine;
  readonly trace: string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly failedAt: string | undefined;
}

function run({ id, files }: Scenario): Outcome {
  const trace: string[] = [];
  const list = (
    files['bplist']?.split('\n') ??
    Object.keys(files)
      .filter((path) => path.endsWith('Blueprints'))
      .sort()
  ).filter((path) => path !== '');
  const engine = new Engine(
    {
      files: memoryFiles(files),
      list,
      config: CONFIG,
      recordTargets: true,
      allowMissingDependencies: id === 'allow-missing',
      ignoreUnknownModuleTypes: id.startsWith('ignore-unknown-type'),
    },
    standardLogic(trace),
    addition(id, trace),
  );
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return { engine, trace, diagnostics, failedAt: phase };
  }
  return { engine, trace, diagnostics: [], failedAt: undefined };
}

/** A diagnostic in the original's words: more lines, other punctuation, the same content. */
function original({ code, message, at, notes = [] }: Diagnostic): string[] {
  const where = at === undefined ? '' : `${formatPlace(at)}: `;
  const places = notes.map((note) => (note.at === undefined ? '' : formatPlace(note.at)));
  switch (code) {
    case 'logic/exception': {
      // Ours say where, as a place; the original only in words.
      const [, head, text] = /^(panic in .*?(?:"|singleton \w+)): (.*)$/s.exec(message)!;
      const available = text!.replace(/; available variants: (.*)$/, (_, all: string) =>
        ['\navailable variants:', ...all.split(', ')].join('\n  '),
      );
      return [`${head}\n${available}\n<stack>`];
    }
    case 'module/cycle':
      return [`${where}${message}`, ...notes.map((note, i) => `${places[i]}:     ${note.message}`)];
    case 'module/missing-variant': {
      // No variations are nothing there, words in ours.
      const bare = (text: string): string => text.replace('the one without variations', '');
      const [first, wanted] = bare(message).split(': ');
      const available = notes.map((note) => bare(note.message).replace('available variant: ', ''));
      return [
        `${where}${first}:\n  ${wanted ?? ''}\navailable variants:\n  ${available.join('\n  ')}`,
      ];
    }
    case 'module/duplicate':
      return [`${where}${message}\n       ${places[0]} <-- previous definition here`];
    case 'module/rename':
      // Ours have a place.
      return [`${message}\n       ${places[0]} <-- existing module defined here`];
    case 'ninja/value':
      return [message];
    default:
      return [`${where}${message}`];
  }
}

/** What is expected beyond, or instead of, what the original did: its faults repaired. */
function repaired(wanted: Scenario): Scenario {
  const { id, errors = [], ninja = '' } = wanted;
  switch (id) {
    case 'escapes':
      // A colon in an input was not escaped, and Ninja refused the manifest.
      return { ...wanted, ninja: ninja.replace('i$ j:k', 'i$ j$:k') };
    case 'implicit-out-var-not-live': {
      // Variables that only implicit outputs use were missing from the manifest.
      const variables =
        'g.alpha.base = /base\n\ng.alpha.Exported = ${g.alpha.base}/exported\n\nrule ';
      const all_targets = { o: 'g.alpha.copy', '/base/exported/io': 'g.alpha.copy' };
      return { ...wanted, ninja: ninja.replace('rule ', variables), all_targets };
    }
    case 'local-vars':
      // Targets named by way of local variables could not be listed.
      return { ...wanted, all_targets: { '/base/u/o': 'g.alpha.copy' } };
    case 'weird-module-name':
      return { ...wanted, all_targets: { x: 'g.alpha.copy' } };
    case 'missing-dep-two':
      // A mutator stopped at the first module with errors.
      return {
        ...wanted,
        errors: [...errors, 'Blueprints:5:1: "b" depends on undefined module "nope3"'],
      };
    case 'scope-override-inherited':
      // The position was behind the assignment, and the message ended in a dump of Go values.
      return {
        ...wanted,
        errors: ['a/Blueprints:1:1: variable already set in inherited scope: "v"'],
      };
    case 'scope-append-inherited':
      return { ...wanted, errors: [errors[0]!.replace('2:1', '1:1')] };
    default:
      return wanted;
  }
}

const normal = (manifest: string): string =>
  manifest
    .replaceAll('Go package', 'package')
    // The original names functions there, which differ from build to build.
    .replaceAll(/^# Factory: .*$/gm, '# Factory:');

interface Traced {
  readonly topdown: string[];
  readonly latedeps: string[];
  /** Each with the globs that follow it. */
  readonly generate: string[];
  readonly singletons: string[];
}

function parts(trace: readonly string[]): Traced {
  const found: Traced = { topdown: [], latedeps: [], generate: [], singletons: [] };
  for (const line of trace) {
    const kind = line.split(' ')[0]!;
    if (kind === 'glob') found.generate.push(`${found.generate.pop()!}\n${line}`);
    else if (kind in found) found[kind as keyof Traced].push(line);
    else found.singletons.push(line);
  }
  return found;
}

/** Each of these once in the others, as often as it is here. */
function isContained(these: readonly string[], others: readonly string[]): boolean {
  const left = [...others];
  return these.every((one) => {
    const at = left.indexOf(one);
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
}

const nameOf = (line: string): string => line.replace(/^\w+ /, '').split(/[{\n]/)[0]!;

/** The order among independent modules was chance in the original; among others it was not. */
function checkTrace(wanted: readonly string[], found: readonly string[], failed: boolean): void {
  const [golden, ours] = [parts(wanted), parts(found)];
  for (const kind of ['topdown', 'latedeps', 'generate'] as const) {
    // A mutator of the original stopped at its first failing module: what came before was chance.
    if (failed) expect(isContained(golden[kind], ours[kind])).toBe(true);
    else expect(ours[kind].toSorted()).toEqual(golden[kind].toSorted());
  }
  if (!failed) expect(ours.singletons).toEqual(golden.singletons);
}

/** What was fixed in the original's order: dependers and dependencies of the same step. */
function checkOrder({ engine, trace }: Outcome): void {
  const { topdown, latedeps, generate } = parts(trace);
  const [down, up] = [topdown.map(nameOf), latedeps.map(nameOf)];
  const generated = generate.map((line) => line.split('\n')[0]!);
  for (const depender of engine.graph.order) {
    for (const { module: dependency, tag } of depender.dependencies) {
      const at = ({ name, variant }: typeof depender) =>
        generated.indexOf(`generate ${name}{${variant}}`);
      expect(at(dependency)).toBeLessThan(at(depender));
      if (tag.name !== 'dep' || depender.name === dependency.name) continue;
      expect(down.indexOf(depender.name)).toBeLessThan(down.lastIndexOf(dependency.name));
      expect(up.indexOf(dependency.name)).toBeLessThan(up.lastIndexOf(depender.name));
    }
  }
}

/** Whether the Ninja in the path is older than what the manifest needs: the slow suite tries old ones. */
function isTooNew(manifest: string): boolean {
  const [, major, minor] = /^ninja_required_version = (\d+)\.(\d+)/m.exec(manifest)!;
  if (!isNinjaAtLeast(Number(major), Number(minor))) return true;
  return manifest.includes(' |@ ') && !isNinjaAtLeast(1, 11);
}

describe('golden', () => {
  test('every case is there', () => expect(cases.length).toBe(97));

  test.each(cases)('$id', (asRecorded) => {
    const wanted = repaired(asRecorded);
    if (wanted.panic !== undefined) {
      expect(() => run(wanted)).toThrow(wanted.panic);
      return;
    }
    const outcome = run(wanted);
    const { engine, trace, diagnostics, failedAt } = outcome;
    const errors = diagnostics.flatMap(original);
    const unstable = wanted.unstable_fields?.includes('errors') ? wanted.all_observed!.errors! : [];
    if (wanted.id === 'parent-parse-error-stops-children') {
      // Files were read in parallel.
      expect(errors.toSorted()).toEqual(wanted.errors!.toSorted());
    } else expect([...unstable, wanted.errors ?? []]).toContainEqual(errors);
    expect(failedAt).toBe(wanted.failed_at);
    if (wanted.ninja !== undefined) {
      const manifest = engine.manifest();
      expect(normal(manifest)).toBe(normal(wanted.ninja));
      const targets = Object.fromEntries(engine.targets());
      expect(targets).toEqual(wanted.all_targets);
      // Only Android's own Ninja knows this variable of rules.
      const common = manifest.replace(/^ *symlink_outputs = .*\n/gm, '');
      if (isTooNew(manifest))
        expect(() => targetsInManifest(common)).toThrow(/ninja: (error|fatal): /);
      else {
        const loaded = targetsInManifest(common, { 'sub1.ninja': '', 'sub2.ninja': '' });
        expect(Object.fromEntries(loaded)).toEqual(targets);
      }
    }
    // Files that `build` names were listed twice.
    expect([...engine.tree!.paths]).toEqual([...new Set(wanted.parse_deps)]);
    expect(engine.fileDependencies).toEqual(wanted.prepare_deps ?? []);
    if (wanted.id === 'package-name-collision') {
      // That two packages share a name turns out by generating, which is done once more then.
      expect(trace.splice(trace.indexOf('generate a{}'), 4).length).toBe(4);
    }
    checkTrace(wanted.trace ?? [], trace, failedAt !== undefined);
    // What replaces a module depends on nothing that the mutators before it saw.
    if (failedAt === undefined && wanted.id !== 'replace') checkOrder(outcome);
  });
});
