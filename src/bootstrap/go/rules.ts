// The rules for Go: compiling, linking, and what tests and plugins need. Words of commands are quoted for
// the shell where statements give them; paths that Ninja quotes itself, as `$in`, are not.
import { ninjaEscape, packageContext } from '../../blueprint/api.ts';
import { bootstrapOf } from '../config.ts';
import { bootstrapPackage, machineVariable } from '../package.ts';
import { placeholder } from '../template.ts';
import { missingToolchain } from './toolchain.ts';
import { WITH_STANDARD_LIBRARY } from './standard.ts';

export const goPackage = packageContext('ashlar/bootstrap/go').import(bootstrapPackage);

/** The values of the machine: the toolchain's own directory, its two programs, and its version. */
export const MACHINE_NAMES = ['GoRoot', 'GoCompile', 'GoLink', 'GoVersion'] as const;

for (const name of MACHINE_NAMES) {
  machineVariable(goPackage, name, (config) => {
    const found = bootstrapOf(config).tools[name];
    if (found) return found;
    const { message, hint } = missingToolchain(process.env);
    throw new Error(`${message}: ${hint}`);
  });
}

/** The program that writes test mains: a tree that embeds Ashlar has its own. */
export const EMBEDDED = '/.bootstrap/bin/minibp';
goPackage.variable('testMain', (config) => {
  const { stage, engine } = bootstrapOf(config);
  if (engine === undefined) return `\${bootstrap.BuildDirWord}${EMBEDDED} gotestmain`;
  return `${stage === 'bootstrap' ? placeholder('Engine') : ninjaEscape(engine)} gotestmain`;
});

// Each manifest makes the script for itself, so that none needs another to have run.
const script = (config: unknown): string => `/.bootstrap/.go/${bootstrapOf(config).stage}`;
goPackage.variable('script', (config) => `\${bootstrap.BuildDir}${script(config)}`);
goPackage.variable('scriptWord', (config) => `\${bootstrap.BuildDirWord}${script(config)}`);

/** Makes the script that compiling and linking run through. */
export const scriptRule = goPackage.rule('script', {
  command: `printf '%s\\n' ${WITH_STANDARD_LIBRARY.map(quoteLine).join(' ')} > $out`,
  description: 'write $out',
});

function quoteLine(line: string): string {
  return ninjaEscape(`'${line.replaceAll("'", String.raw`'\''`)}'`);
}

// The compiler is an input, and its version is in the command: a package manager may lay down another one with
// a time that is older than what the last one made.
export const compileRule = goPackage.rule(
  'compile',
  {
    command:
      'GOROOT=${GoRootWord} sh ${scriptWord} ${GoVersionWord} -I ${GoCompileWord} -o $out ' +
      '-p $pkgPath -complete $incFlags -pack $in',
    description: 'compile $out',
    commandDeps: ['${GoCompile}', '${script}'],
  },
  'pkgPath',
  'incFlags',
);

export const linkRule = goPackage.rule(
  'link',
  {
    command:
      'GOROOT=${GoRootWord} sh ${scriptWord} ${GoVersionWord} -L ${GoLinkWord} -o $out $libDirFlags $in',
    description: 'link $out',
    commandDeps: ['${GoLink}', '${script}'],
  },
  'libDirFlags',
);

export const copyRule = goPackage.rule('cp', {
  command: 'cp $in $out',
  description: 'cp $out',
});

/** Writes the program around the tests. */
export const testMainRule = goPackage.rule(
  'gotestmain',
  { command: '${testMain} -o $out -pkg $pkg $in', description: 'gotestmain $out' },
  'pkg',
);

/** Runs a test through a program of the tree, which is called as the original's gotestrunner. */
export const testRule = goPackage.rule(
  'test',
  {
    command: 'GOROOT=${GoRootWord} $runner -p $pkgSrcDir -f $out -- $in -test.short',
    description: 'test $pkg',
  },
  'runner',
  'pkg',
  'pkgSrcDir',
);

/** Runs a test where the tree has no program for that. Its output is shown when it fails. */
export const plainTestRule = goPackage.rule(
  'plain_test',
  {
    command:
      'test=$$(cd "$$(dirname $in)" && pwd)/$$(basename $in); rm -f $out; ' +
      'if (cd $pkgSrcDir && GOROOT=${GoRootWord} "$$test" -test.short) > $out.log 2>&1; ' +
      'then mv $out.log $out; else status=$$?; cat $out.log; exit $$status; fi',
    description: 'test $pkg',
  },
  'pkg',
  'pkgSrcDir',
);

/** Writes a file that imports plugins, through a program that is called as the original's loadplugins. */
export const pluginsRule = goPackage.rule(
  'plugins',
  { command: '$generator -o $out -p $pkg $plugins', description: 'create $out' },
  'generator',
  'pkg',
  'plugins',
);

/** The same, where the tree has no program for that. */
export const plainPluginsRule = goPackage.rule(
  'plain_plugins',
  {
    command:
      '{ echo package $pkg; for plugin in $plugins; do echo "import _ \\"$$plugin\\""; done; } > $out',
    description: 'create $out',
  },
  'pkg',
  'plugins',
);
