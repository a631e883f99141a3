// What TypeScript modules run: a small program of Ashlar's, `tsbuild`, that checks types, bundles and tests. In a
// tree that embeds Ashlar as source it is a core binary of that name, which esbuild alone makes.
import {
  ninjaEscape,
  packageContext,
  shellEscapeIncludingSpaces,
  type GenerateContext,
} from '../../blueprint/api.ts';
import { bootstrapOf } from '../config.ts';
import { bootstrapPackage, machineVariable } from '../package.ts';

export const tsPackage = packageContext('ashlar/bootstrap/ts').import(bootstrapPackage);

/** The core binary that plays the part of `tsbuild`. */
export const TOOL_NAME = 'tsbuild';
const TOOL = `\${bootstrap.BuildDir}/.bootstrap/${TOOL_NAME}/${TOOL_NAME}.cjs`;
const TOOL_WORD = TOOL.replace('BuildDir', 'BuildDirWord');

for (const name of ['Node', 'Esbuild', 'TypeScript']) machineVariable(tsPackage, name);
tsPackage.variable('tool', (config: unknown) => {
  const own = bootstrapOf(config).engine === undefined;
  return `\${NodeWord} ${own ? TOOL_WORD : '${bootstrap.AshlarWord}/tsbuild.js'}`;
});

/** The program behind `tool`, for statements to depend on. */
export function toolFiles(ctx: GenerateContext<unknown>): string[] {
  return [bootstrapOf(ctx.config).engine === undefined ? TOOL : '${bootstrap.Ashlar}/tsbuild.js'];
}

const tools = ['${Node}', '${TypeScript}/package.json'];
/** Types, and declarations for those that import it; only declarations that changed count as new. */
export const checkRule = tsPackage.rule(
  'check',
  {
    command: '${tool} check --typescript ${TypeScriptWord} -o $out -d $out.d $flags -- $in',
    depfile: '$out.d',
    description: 'check $name',
    restat: true,
    commandDeps: tools,
  },
  'flags',
  'name',
);

export const bundleRule = tsPackage.rule(
  'bundle',
  {
    command: '${tool} bundle --esbuild ${EsbuildWord} --node ${NodeWord} -o $out $flags -- $in',
    depfile: '$dep',
    description: 'bundle $name',
    restat: true,
    commandDeps: ['${Node}', '${Esbuild}/package.json'],
  },
  'dep',
  'flags',
  'name',
);

/** Before there is a `tsbuild`: what it imports must be among its sources. */
export const firstRule = tsPackage.rule('first', {
  command:
    `\${NodeWord} -e 'const [esbuild,main,out]=process.argv.slice(1);` +
    // As an entry point, a path with a star in it would be a pattern.
    `const {dir,base}=require("path").parse(require("path").resolve(main));` +
    `try{require(require("path").resolve(esbuild)).buildSync({stdin:{contents:"import "+JSON.stringify("./"+base),resolveDir:dir},outfile:out,bundle:true,` +
    `platform:"node",format:"cjs",target:"node20.19",logLevel:"warning"})}catch{process.exit(1)}' ` +
    '${EsbuildWord} $in $out',
  description: 'bundle $out',
  commandDeps: ['${Node}', '${Esbuild}/package.json'],
});

export const testRule = tsPackage.rule(
  'test',
  {
    command: '${tool} test -o $out -- $in',
    description: 'test $name',
  },
  'name',
);

/** A word for a shell, in a Ninja string. */
export function word(text: string): string {
  return ninjaEscape(shellEscapeIncludingSpaces(text));
}
