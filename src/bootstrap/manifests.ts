// The rules that make the three manifests, each in the one before it; the choice of the primary builder; and
// `blueprint_tools`. Knows nothing of languages: modules say by `announce` what they are.
import { phonyRule, singleton, type Logic, type SingletonContext } from '../blueprint/api.ts';
import { bootstrapOf, type BootstrapSettings, type Stage } from './config.ts';
import { announcedProvider, type Announced } from './language.ts';
import { bootstrapPackage, machineFlags, machineVariable } from './package.ts';
import { placeholder } from './template.ts';

const scope = bootstrapPackage;
const BUILD = '${BuildDir}';
const BUILD_WORD = '${BuildDirWord}';
/** The program of the tree itself that makes manifests, where it has one. */
const MINIBP = '.bootstrap/bin/minibp';

/** A target of the first two manifests of a tree that has modules for the bootstrap. */
export const OWN_LOGIC = 'ashlar_own_logic';

machineVariable(scope, 'Ashlar');
machineVariable(scope, 'Bootstrap', (config) => bootstrapOf(config).bootstrap);
machineVariable(scope, 'BootstrapManifest', (config) => bootstrapOf(config).template);
machineVariable(scope, 'TopFile', (config) => bootstrapOf(config).topFile);
scope.variable('engine', (config: unknown) => {
  const { engine, stage } = bootstrapOf(config);
  if (engine === undefined) return `${BUILD_WORD}/${MINIBP}`;
  return stage === 'bootstrap' ? placeholder('Engine') : engine.replaceAll('$', '$$$$');
});
scope.variable('tests', (config: unknown) => {
  const { runTests, stage } = bootstrapOf(config);
  if (stage === 'bootstrap') return placeholder('RunTests');
  return runTests ? '-t' : '';
});
scope.variable('tools', (config: unknown) => machineFlags(bootstrapOf(config)));

/** What every generator is told, whichever manifest it makes. */
scope.variable('flags', (config: unknown) => {
  const { engine } = bootstrapOf(config);
  const from =
    engine === undefined
      ? '-m ${BootstrapManifestWord} --bootstrap ${BootstrapWord}'
      : '--engine ${EngineWord}';
  return `\${tests} -b ${BUILD_WORD} ${from} \${tools}`;
});
machineVariable(scope, 'Engine', (config) => bootstrapOf(config).engine);

const ARGUMENTS = ['program', 'mode', 'outword', 'dep'] as const;
const generateRule = scope.rule(
  'generate',
  {
    command: '$program $flags $mode -o $outword $in',
    description: 'generate $out',
    depfile: '$dep',
    restat: true,
  },
  ...ARGUMENTS,
);
/** When directories changed, but nothing that globs match, the generator is not started. */
const globsRule = scope.rule(
  'globs',
  {
    command: '$program $flags $mode --check-globs -o $outword $in',
    description: 'check globs of $outword',
    depfile: '$dep',
    restat: true,
  },
  ...ARGUMENTS,
);
const docsRule = scope.rule(
  'docs',
  {
    command: '$program $flags --docs $out $in',
    description: 'docs $out',
    restat: true,
  },
  'program',
);
/** A builder that is no generator of ours writes its manifest each time, and a dependency file of its own. */
const originalRule = scope.rule(
  'build.ninja',
  {
    command: `$program \${tests} -b ${BUILD_WORD} -d $out.d -o $out $in`,
    description: 'generate $out',
    depfile: '$out.d',
    restat: true,
  },
  'program',
);
const originalDocsRule = scope.rule(
  'builder_docs',
  {
    command: `$program -b ${BUILD_WORD} -docs $out $in`,
    description: 'docs $out',
  },
  'program',
);
/** Ninja runs it whenever the template is newer; what it writes is this manifest itself. */
const fillRule = scope.rule('bootstrap', (config: unknown) => {
  const embedded = bootstrapOf(config).engine === undefined;
  return {
    command: embedded
      ? `BUILDDIR=${BUILD_WORD} \${BootstrapWord} -i $in`
      : '${engine} $flags --fill $in -o $out ${TopFileWord}',
    description: 'bootstrap $in',
    generator: true,
    restat: true,
    ...(embedded ? { commandDeps: ['${Bootstrap}'] } : {}),
  };
});

interface Found extends Announced {
  readonly name: string;
}

const manifests = singleton('bootstrap', (ctx) => {
  const settings = bootstrapOf(ctx.config);
  const found = ctx
    .collected(announcedProvider)
    .map(({ module, value }): Found => ({ ...value, name: module }));
  const builder = primaryBuilder(ctx, found, settings);
  if (builder === undefined) return;
  const { stage } = settings;
  // Stages must not share their logs: each cleans up what its own log has and its manifest has not.
  ctx.setBuildDirectory(scope, buildDirectoryOf(stage));
  if (found.length > 0 && stage !== 'main') {
    const nothing = { rule: phonyRule, optional: true };
    ctx.build(scope, { ...nothing, outputs: [OWN_LOGIC] });
  }
  const here = found.filter((one) => one.stage === stage);
  const made = here.flatMap((one) => [...filesOf(one), ...one.tests]);
  switch (stage) {
    case 'bootstrap':
      bootstrapStatements(
        ctx,
        engineFiles(found, settings.engine),
        made,
        settings.engine === undefined,
      );
      break;
    case 'primary':
      primaryStatements(ctx, builder, made);
      break;
    case 'main':
      if (made.length === 0) break;
      ctx.build(scope, {
        rule: phonyRule,
        outputs: ['blueprint_tools'],
        inputs: made.map(local),
        optional: true,
      });
  }
});

/** What must be there to run a module's program. */
function filesOf({ program, parts = [] }: Announced): string[] {
  return program === undefined ? [] : [program, ...parts];
}

/** Where Ninja keeps what it knows of a stage. */
function buildDirectoryOf(stage: Stage): string {
  switch (stage) {
    case 'bootstrap':
      return `${BUILD}/.minibootstrap`;
    case 'primary':
      return `${BUILD}/.bootstrap`;
    case 'main':
      return BUILD;
  }
}

/** What `minibp` consists of: another one means other manifests. */
function engineFiles(found: readonly Found[], engine: string | undefined): string[] {
  if (engine !== undefined) return ['${Ashlar}/minibp.js'];
  const own = found.find(({ name, stage }) => name === 'minibp' && stage === 'bootstrap');
  return own === undefined ? [] : filesOf(own).map(local);
}

interface Builder {
  /** For a file name. */
  readonly name: string;
  /** Words for a shell, in a Ninja string. */
  readonly command: string;
  /** What must be there to run it. */
  readonly files: readonly string[];
  readonly asOriginal: boolean;
}

/** The program that makes the main manifest; undefined after an error. */
function primaryBuilder(
  ctx: SingletonContext,
  found: readonly Found[],
  { engine }: BootstrapSettings,
): Builder | undefined {
  const [first, ...others] = found.filter((one) => one.primaryBuilder);
  if (first === undefined) {
    const files = engineFiles(found, engine);
    return { name: 'minibp', command: '${engine} -p', files, asOriginal: false };
  }
  if (others.length === 0) {
    const { name, program = '' } = first;
    const word = program.replace('${bootstrap.BuildDir}', BUILD_WORD);
    const files = filesOf(first).map(local);
    if (first.asOriginal === true) return { name, command: word, files, asOriginal: true };
    // A builder sees nothing of the environment: what it makes would depend on it.
    return { name, command: `env -i PATH="$$PATH" ${word}`, files, asOriginal: false };
  }
  ctx.error('multiple primary builder modules present:');
  const names = new Set([first, ...others].map(({ name }) => name));
  for (const module of ctx.modules()) {
    if (names.has(module.name)) ctx.moduleError(module, `<-- module ${module.name}`);
  }
  return undefined;
}

/** Modules write paths for packages that import this one. */
function local(path: string): string {
  return path.replaceAll('${bootstrap.', '${');
}

interface Generator {
  readonly command: string;
  readonly files: readonly string[];
  readonly mode: string;
  /** Below the build directory. */
  readonly output: string;
  /** Must be there, and have passed, before it runs. */
  readonly needs: readonly string[];
}

/** Two statements: what globs match, and what is made of that. */
function generatorStatements(ctx: SingletonContext, generator: Generator): void {
  const { command, files, mode, output, needs } = generator;
  const slash = output.lastIndexOf('/');
  const beside = `${output.slice(0, slash + 1)}.ashlar/${output.slice(slash + 1)}`;
  const args = { program: command, mode, outword: `${BUILD_WORD}/${output}` };
  ctx.build(scope, {
    rule: globsRule,
    outputs: [`${BUILD}/${beside}.globs`],
    inputs: ['${TopFile}'],
    implicits: files,
    args: { ...args, dep: `${BUILD}/${beside}.globs.d` },
  });
  ctx.build(scope, {
    rule: generateRule,
    outputs: [`${BUILD}/${output}`],
    inputs: ['${TopFile}'],
    implicits: [`${BUILD}/${beside}.globs`, ...files, ...needs.map(local)],
    args: { ...args, dep: `${BUILD}/${beside}.files.d` },
  });
}

function bootstrapStatements(
  ctx: SingletonContext,
  files: readonly string[],
  made: readonly string[],
  embedded: boolean,
): void {
  const minibp = { command: '${engine}', files };
  const template = '.minibootstrap/build.ninja.in';
  // The template must not wait for tests: a failing one could not be taken out of a file any more. Where the
  // tree has one, that may have been edited by hand, and is what this stage began with.
  const needs = embedded ? ['${BootstrapManifest}'] : [];
  generatorStatements(ctx, { ...minibp, mode: '', output: template, needs });
  ctx.build(scope, {
    rule: fillRule,
    outputs: [`${BUILD}/.minibootstrap/build.ninja`],
    inputs: [`${BUILD}/${template}`],
  });
  const output = '.bootstrap/build.ninja';
  generatorStatements(ctx, { ...minibp, mode: '--build-primary', output, needs: made });
}

function primaryStatements(ctx: SingletonContext, builder: Builder, made: readonly string[]): void {
  const { asOriginal, command, files } = builder;
  if (asOriginal) {
    ctx.build(scope, {
      rule: originalRule,
      outputs: [`${BUILD}/build.ninja`],
      inputs: ['${TopFile}'],
      implicits: [...new Set([...files, ...made.map(local)])],
      args: { program: command },
    });
  } else generatorStatements(ctx, { ...builder, mode: '', output: 'build.ninja', needs: made });
  ctx.build(scope, {
    rule: asOriginal ? originalDocsRule : docsRule,
    outputs: [`${BUILD}/.bootstrap/docs/${builder.name}.html`],
    inputs: ['${TopFile}'],
    implicits: builder.files,
    args: { program: builder.command },
  });
}

export const manifestsLogic: Logic = { singletons: [manifests] };
