// The module types of TypeScript: packages that others import by a name, and programs, each one file (or a
// few) that Node runs. Types are checked module by module, against declarations of what a module uses.
import {
  type GenerateContext,
  joinPath,
  moduleType,
  ninjaEscape,
  provider,
  type Logic,
  type Module,
} from '../../blueprint/api.ts';
import { cleanPath } from '../../blueprint/glob/path.ts';
import { bootstrapOf } from '../config.ts';
import { announce, binaryFields, type Language } from '../language.ts';
import { placementOf, pluginTag, typeName, usesTag, type Placement } from '../stage.ts';
import { findTools } from './machine.ts';
import { tsBinaryFields, tsPackageFields } from './properties.ts';
import { bundleRule, checkRule, firstRule, testRule, TOOL_NAME, toolFiles } from './rules.ts';
import { tsPackage, word } from './rules.ts';

/** What a module is to those that import it. Texts are Ninja strings, unless they say otherwise. */
interface Unit {
  readonly name: string;
  /** Empty for programs. */
  readonly pkgPath: string;
  /** A plain path. */
  readonly main: string;
  readonly directory: string;
  readonly checked: string;
  readonly tests: readonly string[];
}

const unitProvider = provider<Unit>('bootstrap_ts_unit');

interface Values {
  readonly srcs: readonly string[];
  readonly testSrcs: readonly string[];
  readonly main: string;
  readonly tsconfig: string;
}

export const tsPackageType = moduleType({
  name: typeName('ts', 'package'),
  doc: 'TypeScript that other modules import by its `pkgPath`.',
  properties: tsPackageFields,
  generate(ctx) {
    const { pkgPath } = ctx.properties;
    if (pkgPath === '') {
      ctx.propertyError('pkgPath', `module ${ctx.name} did not specify a valid pkgPath`);
    }
    const made = generateUnit(ctx, pkgPath);
    if (made === undefined) return;
    const { placement, unit } = made;
    const { stage } = placement;
    const { tests } = unit;
    announce(ctx, { kind: 'package', stage, program: undefined, primaryBuilder: false, tests });
  },
});

export const tsCoreType = moduleType({
  name: typeName('ts', 'core'),
  doc: 'A program of the first stage: one that making the other manifests takes.',
  properties: tsBinaryFields,
  generate: (ctx) => generateBinary(ctx, false),
});

export const tsBinaryType = moduleType({
  name: typeName('ts', 'binary'),
  doc:
    'A program of the second stage. One of them may be the primary builder: its `main` exports the build logic ' +
    'of the tree as `logic`, and maybe a `config`.',
  properties: { ...tsBinaryFields, primaryBuilder: binaryFields.primaryBuilder },
  generate: (ctx) => generateBinary(ctx, ctx.properties.primaryBuilder),
});

export const tsToolType = moduleType({
  name: typeName('ts', 'tool'),
  doc: 'A program for the users of the tree: it goes to `bin` in the build directory.',
  properties: tsBinaryFields,
  generate: (ctx) => generateBinary(ctx, false),
});

/** Sources, types and tests, which all modules have. Undefined after an error. */
function generateUnit(
  ctx: GenerateContext<Values>,
  pkgPath: string,
):
  | { readonly placement: Placement; readonly unit: Unit; readonly used: readonly Unit[] }
  | undefined {
  const placement = placementOf(ctx);
  const { directory, builtHere, runTests } = placement;
  const srcs = expand(ctx, 'srcs', ctx.properties.srcs);
  const testSrcs = expand(ctx, 'testSrcs', ctx.properties.testSrcs);
  const main = inDirectory(ctx, ctx.properties.main) ?? srcs[0];
  if (main === undefined) {
    ctx.propertyError('srcs', 'there must be at least one source');
    return undefined;
  }
  const used = usedUnits(ctx);
  const checked = `${directory}/checked`;
  const tested = runTests && testSrcs.length > 0;
  const tests = tested ? [`${directory}/test/passed`] : [];
  const unit: Unit = { name: ctx.name, pkgPath, main, directory, checked, tests };
  ctx.set(unitProvider, unit);
  // The first program comes before there is anything to check it with.
  if (builtHere && !isFirst(ctx)) {
    check(ctx, { unit, used, srcs, into: directory });
    if (tested) {
      const into = `${directory}/test`;
      check(ctx, { unit, used: [...used, unit], srcs: testSrcs, into });
      const bundle = `${into}/test.mjs`;
      const flags = bundleFlags(ctx, [...used, unit], `${bundle}.d`);
      const also = testSrcs.slice(1).map((file) => `--also ${word(file)}`);
      ctx.build(tsPackage, {
        rule: bundleRule,
        outputs: [bundle],
        inputs: [ninjaEscape(testSrcs[0]!)],
        implicits: [`${into}/checked`, ...toolFiles(ctx)],
        args: {
          dep: `${bundle}.d`,
          flags: [...flags, ...also].join(' '),
          name: `${ctx.name} test`,
        },
      });
      const name = ctx.name;
      ctx.build(tsPackage, {
        rule: testRule,
        outputs: tests,
        inputs: [bundle],
        implicits: toolFiles(ctx),
        args: { name: ninjaEscape(name) },
      });
    }
  }
  return { placement, unit, used };
}

function isFirst(ctx: GenerateContext<unknown>): boolean {
  return ctx.name === TOOL_NAME && bootstrapOf(ctx.config).engine === undefined;
}

interface Check {
  readonly unit: Unit;
  readonly used: readonly Unit[];
  /** Plain paths. */
  readonly srcs: readonly string[];
  /** The directory of what is known of the check. */
  readonly into: string;
}

function check(ctx: GenerateContext<Values>, { used, srcs, into }: Check): void {
  const tsconfig = inDirectory(ctx, ctx.properties.tsconfig);
  const flags = [
    `--config ${asWord(`${into}/tsconfig.json`)}`,
    ...rootFlag(ctx),
    `--types ${asWord('${bootstrap.BuildDir}/.bootstrap/types')}`,
    ...(tsconfig === undefined ? [] : [`--extends ${word(tsconfig)}`]),
    ...used.map((unit) => `--use ${asWord(`${unit.directory}/tsconfig.json`)}`),
    ...aliasFlags(ctx, used, true),
  ];
  ctx.build(tsPackage, {
    rule: checkRule,
    outputs: [`${into}/checked`],
    implicitOutputs: [`${into}/tsconfig.json`],
    inputs: srcs.map(ninjaEscape),
    implicits: [
      ...used.map((unit) => unit.checked),
      ...(tsconfig === undefined ? [] : [ninjaEscape(tsconfig)]),
      ...toolFiles(ctx),
    ],
    args: { flags: flags.join(' '), name: ninjaEscape(ctx.name) },
  });
}

/** What is built outside of the tree names it: in a tree that was moved, everything is checked again. */
function rootFlag(ctx: GenerateContext<unknown>): string[] {
  const { stage, buildDir } = bootstrapOf(ctx.config);
  return stage !== 'bootstrap' && buildDir.startsWith('/') ? [`--root ${word(process.cwd())}`] : [];
}

/** A path below the build directory as a word for a shell. */
function asWord(path: string): string {
  return path.replace('${bootstrap.BuildDir}', '${bootstrap.BuildDirWord}');
}

function aliasFlags(
  ctx: GenerateContext<unknown>,
  used: readonly Unit[],
  types: boolean,
): string[] {
  const flags = used
    .filter(({ pkgPath }) => pkgPath !== '')
    .map(({ pkgPath, main }) => `--alias ${word(`${pkgPath}=${main}`)}`);
  if (bootstrapOf(ctx.config).engine === undefined) return flags;
  return [...flags, `--ashlar \${bootstrap.AshlarWord}${types ? '/types' : ''}`];
}

function bundleFlags(
  ctx: GenerateContext<unknown>,
  used: readonly Unit[],
  depfile: string,
): string[] {
  return ['--name', word(ctx.name), '-d', asWord(depfile), ...aliasFlags(ctx, used, false)];
}

interface BinaryValues extends Values {
  readonly entries: Readonly<Record<string, string>>;
  readonly outdir: string;
  readonly launcher: string;
  readonly data: readonly { readonly from: string; readonly to: string }[];
  readonly declarations: string;
  readonly define: Readonly<Record<string, string>>;
  readonly banner: string;
}

function generateBinary(ctx: GenerateContext<BinaryValues>, primaryBuilder: boolean): void {
  const made = generateUnit(ctx, '');
  if (made === undefined) return;
  const { placement, unit, used } = made;
  const { stage, program } = placement;
  const { tests } = unit;
  if (placement.builtHere) {
    if (isFirst(ctx)) buildFirst(ctx, unit);
    else buildBinary(ctx, unit, used, placement, primaryBuilder);
  }
  const installed = bootstrapOf(ctx.config).engine !== undefined;
  const parts = [
    ...(isFirst(ctx) ? [] : [bundleOf(ctx, unit)]),
    // Of Ashlar as it is installed, a builder holds no copy.
    ...(primaryBuilder && installed ? ['${bootstrap.Ashlar}/builder.js'] : []),
  ];
  announce(ctx, {
    kind: 'binary',
    stage,
    program: isFirst(ctx) ? `${unit.directory}/${TOOL_NAME}.cjs` : program,
    parts,
    primaryBuilder,
    tests,
  });
}

/** The bundle of a program. */
function bundleOf(ctx: GenerateContext<BinaryValues>, unit: Unit): string {
  const { outdir, entries } = ctx.properties;
  const directory = outdir === '' ? `${unit.directory}/bundle` : `\${bootstrap.BuildDir}/${outdir}`;
  const name = Object.keys(entries).length === 0 ? ctx.name : 'main';
  return `${directory}/${name}.js`;
}

function buildFirst(ctx: GenerateContext<BinaryValues>, { main, directory }: Unit): void {
  const srcs = expand(ctx, 'srcs', ctx.properties.srcs).filter((file) => file !== main);
  ctx.build(tsPackage, {
    rule: firstRule,
    outputs: [`${directory}/${TOOL_NAME}.cjs`],
    inputs: [ninjaEscape(main)],
    implicits: srcs.map(ninjaEscape),
  });
}

function buildBinary(
  ctx: GenerateContext<BinaryValues>,
  unit: Unit,
  used: readonly Unit[],
  { program }: Placement,
  primaryBuilder: boolean,
): void {
  const { entries, outdir, launcher, data, declarations, define, banner } = ctx.properties;
  const directory = outdir === '' ? `${unit.directory}/bundle` : `\${bootstrap.BuildDir}/${outdir}`;
  const plugins = ctx.directDependencies().filter(({ tag }) => tag === pluginTag);
  const units = plugins.flatMap(({ module }) => ctx.get(module, unitProvider) ?? []);
  const all = [...new Set([...used, ...units])];
  const inputs = [...Object.values(entries), ...data.map(({ from }) => from)].map((one) =>
    inDirectory(ctx, one)!,
  );
  const script = inDirectory(ctx, launcher);
  const depfile = `${unit.directory}/bundle.d`;
  const flags = [
    ...bundleFlags(ctx, all, depfile),
    `--outdir ${asWord(directory)}`,
    ...(primaryBuilder ? ['--builder'] : []),
    ...units.map(({ pkgPath }) => `--plugin ${word(pkgPath)}`),
    ...pairs(entries).map(([name, file]) => `--entry ${word(`${name}=${inDirectory(ctx, file)}`)}`),
    ...data.map(({ from, to }) => `--data ${word(`${to}=${inDirectory(ctx, from)}`)}`),
    ...(declarations === ''
      ? []
      : [
          `--declarations ${asWord(`\${bootstrap.BuildDir}/.bootstrap/types/`)}${word(inDirectory(ctx, declarations)!)}`,
        ]),
    ...pairs(define).map(([name, text]) => `--define ${word(`${name}=${text}`)}`),
    ...(banner === '' ? [] : [`--banner ${word(banner)}`]),
    ...(script === undefined ? [] : [`--launcher ${word(script)}`]),
  ];
  ctx.build(tsPackage, {
    rule: bundleRule,
    outputs: [program],
    implicitOutputs: [bundleOf(ctx, unit)],
    inputs: [ninjaEscape(unit.main)],
    implicits: [
      unit.checked,
      ...inputs.map(ninjaEscape),
      ...(script === undefined ? [] : [ninjaEscape(script)]),
      ...toolFiles(ctx),
    ],
    // What is known to be wrong is not built upon.
    orderOnly: [...all.flatMap(({ tests }) => tests), ...unit.tests],
    args: {
      dep: depfile,
      flags: flags.join(' '),
      name: ninjaEscape(ctx.name),
    },
  });
}

function pairs(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Everything that a module imports, directly or not, each once. */
function usedUnits(ctx: GenerateContext<unknown>): Unit[] {
  const units = new Set<Unit>();
  const add = (module: Module): void => {
    const unit = ctx.get(module, unitProvider);
    if (unit !== undefined) units.add(unit);
  };
  for (const { module, tag } of ctx.directDependencies()) {
    if (tag !== usesTag && tag !== pluginTag) continue;
    if (ctx.get(module, unitProvider) === undefined) {
      ctx.error(`it cannot import ${module.toString()}, which is no TypeScript`);
    }
  }
  ctx.visitDependencies(add);
  return [...units];
}

function inDirectory(ctx: GenerateContext<unknown>, file: string): string | undefined {
  return file === '' ? undefined : cleanPath(joinPath(ctx.directory, file));
}

/** The files of a list of sources; patterns that match nothing are reported at the property. */
function expand(
  ctx: GenerateContext<unknown>,
  property: string,
  sources: readonly string[],
): string[] {
  return sources.flatMap((source, index) => {
    const file = inDirectory(ctx, source) ?? '.';
    if (!/[*?[]/.test(source)) return [file];
    const at = `${property}[${index}]`;
    const found = ctx.propertyGlob(at, file)?.filter((match) => !match.endsWith('/'));
    if (found === undefined) return [];
    if (found.length === 0) ctx.propertyError(at, `${JSON.stringify(source)} matches no files`);
    return found;
  });
}

const logic: Logic = { moduleTypes: [tsPackageType, tsCoreType, tsBinaryType, tsToolType] };

export const typescript: Language = {
  name: 'ts',
  logic,
  machine: { names: ['Node', 'Esbuild', 'TypeScript', 'Ashlar'], find: findTools },
};
