// Bundles of programs that lie where their paths mean something to others.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../../../../src/bootstrap/ts/tool/bundle.ts';
import { PROJECT } from '../../../rig/program.ts';
import { scratch } from '../../../rig/scratch.ts';

const ESBUILD = realpathSync(`${PROJECT}/node_modules/esbuild`);

test.each(['plain', 'st*ar', 'q?[a-z]{b,c}', '**', 'per%2Acent sp ace'])(
  'in a directory called %s',
  async (name) => {
    using space = scratch();
    const directory = space.at(name);
    mkdirSync(join(directory, 'logic'), { recursive: true });
    const write = (file: string, text: string): string => {
      writeFileSync(join(directory, file), text);
      return join(directory, file);
    };
    const main = write('logic/main.ts', `import { said } from './said.ts';\nconsole.log(said);\n`);
    const said = write('logic/said.ts', `export const said: string = 'here';\n`);
    const common = ['--esbuild', ESBUILD, '--node', process.execPath, '--name', 'p'];
    const depfile = join(directory, 'd');
    const run = (file: string): string =>
      execFileSync(process.execPath, [file], { encoding: 'utf8' });

    const one = join(directory, 'one.mjs');
    expect(await bundle([...common, '-d', depfile, '-o', one, '--', main])).toEqual([]);
    expect(run(one)).toBe('here\n');
    expect(readFileSync(depfile, 'utf8')).toContain('main.ts');

    const outdir = join(directory, 'out');
    const several = ['--outdir', outdir, '--entry', `said=${said}`, '-o', join(directory, 'start')];
    expect(await bundle([...common, '-d', depfile, ...several, '--', main])).toEqual([]);
    writeFileSync(join(outdir, 'package.json'), '{"type":"module"}');
    expect(run(join(outdir, 'main.js'))).toBe('here\n');

    const also = ['--also', said, '-o', one];
    expect(await bundle([...common, '-d', depfile, ...also, '--', main])).toEqual([]);
    expect(run(one)).toBe('here\n');
  },
);
