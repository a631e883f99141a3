// `ashlar modify`: changes properties of modules in Blueprints files, with the flags of bpmodify.
import { buildCommand } from '@stricli/core';
import type { Dialect } from '../../blueprint/syntax/tree.ts';
import type { ModifyFlags } from '../blueprint/plan.ts';
import type { Context } from '../context.ts';
import { switchFlag } from './flags.ts';

interface Flags extends ModifyFlags {
  readonly list: boolean;
  readonly write: boolean;
  readonly diff: boolean;
  readonly dialect: Dialect;
}

const property = {
  kind: 'parsed',
  parse: parseProperties,
  optional: true,
  placeholder: 'a.b,c',
} as const;
const words = { kind: 'parsed', parse: parseWords, optional: true, placeholder: 'names' } as const;

export const modifyCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'change properties of modules in Blueprints files',
    fullDescription:
      'Changes the modules that -m names, in files, below directories, or in standard input. The\n' +
      'result goes to standard output where none of -l, -w and -d is given.',
  },
  parameters: {
    flags: {
      modules: { ...words, brief: 'modules to change, apart by commas or blanks, or *' },
      property: { ...property, brief: 'properties to change, apart by commas (default: deps)' },
      parameter: { ...property, brief: 'another name for --property' },
      add: { ...words, brief: 'strings to add to a list' },
      remove: { ...words, brief: 'strings to remove from a list' },
      addLiteral: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'a value to add to a list',
      },
      str: { kind: 'parsed', parse: String, optional: true, brief: 'set a string' },
      setBool: {
        kind: 'parsed',
        parse: parseBool,
        optional: true,
        brief: 'set a bool',
        placeholder: 'true|false',
      },
      replaceProperty: {
        kind: 'parsed',
        parse: parseReplacements,
        optional: true,
        brief: 'replace strings by others',
        placeholder: 'old=new,…',
      },
      removeProperty: switchFlag('remove the property'),
      moveProperty: switchFlag('move the contents of the property to that of --new-location'),
      newLocation: {
        kind: 'parsed',
        parse: parseName,
        optional: true,
        brief: 'where to move to, beside the property',
      },
      sort: switchFlag('sort changed lists, even unsorted ones'),
      list: switchFlag('list files that change'),
      write: switchFlag('write the result to the file'),
      diff: switchFlag('show differences'),
      dialect: {
        kind: 'enum',
        values: ['2016', '2021', '2025'],
        default: '2025',
        brief: 'the form of the language, and of its layout',
      },
    },
    aliases: { m: 'modules', a: 'add', r: 'remove', s: 'sort', l: 'list', w: 'write', d: 'diff' },
    positional: {
      kind: 'array',
      parameter: { brief: 'files and directories', parse: String, placeholder: 'path' },
    },
  },
  loader: async () => {
    const [{ rewriteFiles }, { planModification, rewriteModified }] = await Promise.all([
      import('../blueprint/rewrite.ts'),
      import('../blueprint/plan.ts'),
    ]);
    return async function (this: Context, flags: Flags, ...paths: readonly string[]) {
      const plan = planModification(flags);
      if (!plan.ok) {
        this.report(plan.diagnostics);
        return;
      }
      const { list, write, diff, dialect } = flags;
      await rewriteFiles(this, paths, {
        list,
        write,
        diff,
        diffOptions: '-uw',
        print: 'changed',
        dialect,
        rewrite: (source) => rewriteModified(source, dialect, plan.value),
      });
    };
  },
});

function parseWords(input: string): string[] {
  return input.split(/[\s,]+/u).filter((word) => word !== '');
}

function parseProperties(input: string): string[][] {
  return input.split(',').map((name) => {
    const parts = name.split('.');
    if (!parts.every((part) => NAME.test(part))) {
      throw new Error(`"${name}" is not a valid property name`);
    }
    return parts;
  });
}

/** What the language takes for a name: anything else could be written, but not read again. */
const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

function parseName(input: string): string {
  if (NAME.test(input)) return input;
  throw new Error(`"${input}" is not a valid property name`);
}

function parseBool(input: string): boolean {
  if (input === 'true' || input === 'false') return input === 'true';
  throw new Error(`expected true or false, found ${input}`);
}

function parseReplacements(input: string): ReadonlyMap<string, string> {
  const replacements = new Map<string, string>();
  const used = new Set<string>();
  for (const pair of input.split(',')) {
    const at = pair.indexOf('=');
    const [from, to] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at <= 0 || to === '') throw new Error(`Invalid replacement pair ${pair}`);
    for (const name of [from, to]) {
      if (used.has(name)) throw new Error(`Duplicated replacement name ${name}`);
      used.add(name);
    }
    replacements.set(from, to);
  }
  return replacements;
}
