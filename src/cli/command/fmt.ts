// `ashlar fmt`: formats Blueprints files, with the flags of bpfmt, and `--check` for scripts.
import { buildCommand } from '@stricli/core';
import type { Dialect } from '../../blueprint/syntax/tree.ts';
import type { Context } from '../context.ts';
import { switchFlag } from './flags.ts';

interface Flags {
  readonly list: boolean;
  readonly write: boolean;
  readonly output: boolean;
  readonly diff: boolean;
  readonly sort: boolean;
  readonly check: boolean;
  readonly dialect: Dialect;
}

export const fmtCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'format Blueprints files',
    fullDescription:
      'Formats files, or standard input where no path is given. Below directories, files named\n' +
      'Blueprints or *.bp are formatted. At least one of -d, -l, -o, -w or --check is required.',
  },
  parameters: {
    flags: {
      list: switchFlag('list files whose formatting differs'),
      write: switchFlag('write the result to the file'),
      output: switchFlag('write the result to standard output'),
      diff: switchFlag('show differences'),
      sort: switchFlag('sort lists of strings'),
      check: switchFlag('list files whose formatting differs, and exit with 1 if there are any'),
      dialect: {
        kind: 'enum',
        values: ['2016', '2021', '2025'],
        default: '2025',
        brief: 'the form of the language, and of its layout',
      },
    },
    aliases: { l: 'list', w: 'write', o: 'output', d: 'diff', s: 'sort' },
    positional: {
      kind: 'array',
      parameter: { brief: 'files and directories', parse: String, placeholder: 'path' },
    },
  },
  loader: async () => {
    const [{ rewriteFiles }, { format }, { definitionError }] = await Promise.all([
      import('../blueprint/rewrite.ts'),
      import('../../blueprint/syntax/format.ts'),
      import('../../base/diagnostic.ts'),
    ]);
    return async function (this: Context, flags: Flags, ...paths: readonly string[]) {
      const { list, write, output, diff, sort, check, dialect } = flags;
      if (!(list || write || output || diff || check)) {
        this.report([
          definitionError({
            code: 'fmt/no-mode',
            message: 'one of -d, -l, -o, or -w is required',
            hint: '--check lists files that differ and exits with 1 if there are any; see --help',
          }),
        ]);
        return;
      }
      const changed = await rewriteFiles(this, paths, {
        list: list || check,
        write,
        diff,
        diffOptions: '-u',
        print: output ? 'all' : 'none',
        dialect,
        rewrite: (source) => {
          const result = format(source, { dialect, sort });
          return result.ok
            ? { text: result.value, diagnostics: [] }
            : { text: undefined, diagnostics: result.diagnostics };
        },
      });
      if (check && changed > 0)
        this.process.exitCode = Math.max(1, Number(this.process.exitCode ?? 0));
    };
  },
});
