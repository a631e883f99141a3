// `ashlar cache`: looks after the store, and moves results between it and mirrors.
import { buildCommand, buildRouteMap } from '@stricli/core';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import {
  jsonFlag,
  packagesFlag,
  switchFlag,
  targetsParameter,
  taskFlags,
  valueFlag,
  type TaskFlags,
} from './flags.ts';

const statCommand = buildCommand<
  { readonly json: boolean; readonly packages?: string },
  [],
  Context
>({
  docs: { brief: 'show what the store holds' },
  parameters: { flags: { json: jsonFlag, packages: packagesFlag } },
  async func(this: Context, flags): Promise<void> {
    const { showUsage } = await import('../care.ts');
    showUsage(flags, this);
  },
});

const verifyCommand = buildCommand<{ readonly json: boolean }, [], Context>({
  docs: {
    brief: 'read every byte of the store, and put aside what is damaged',
    fullDescription:
      'What is damaged goes to the folder quarantine of the store; the next build makes it anew. Exit status 3\nwhen there was any.',
  },
  parameters: { flags: { json: jsonFlag } },
  async func(this: Context, flags): Promise<void> {
    const { verify } = await import('../care.ts');
    await interruptible(this, (signal) => {
      verify(flags, this, signal);
      return Promise.resolve();
    });
  },
});

interface SelectionFlags extends TaskFlags {
  readonly variant?: string;
}

interface MoveFlags extends SelectionFlags {
  readonly all: boolean;
  readonly mirror?: string;
}

const targets = targetsParameter('packages whose results are meant');

const selectionFlags = {
  ...taskFlags,
  variant: valueFlag('NAME', 'only this tree, or this variant of the packages named'),
} as const;

const moveFlags = {
  mirror: valueFlag(
    'ADDRESS',
    'this mirror (a directory or URL) in place of those of the settings',
  ),
  ...selectionFlags,
} as const;

const pushCommand = buildCommand<MoveFlags, readonly string[], Context>({
  docs: {
    brief: 'send results to mirrors',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Sends the results of the targets (of the whole tree, unless given), and of all tasks that they need, to',
      'the mirrors that may be written to. What is there already is not sent again.',
    ].join('\n'),
  },
  parameters: {
    positional: targets,
    flags: {
      all: switchFlag('every result in the store, whatever tree it is of'),
      ...moveFlags,
    },
  },
  async func(this: Context, flags, ...names): Promise<void> {
    const { push } = await import('../move.ts');
    await interruptible(this, (signal) => push(flags, names, this, signal));
  },
});

const pullCommand = buildCommand<MoveFlags, readonly string[], Context>({
  docs: {
    brief: 'bring results from mirrors into the store',
    customUsage: ['[OPTION...] [TARGET...]'],
    fullDescription: [
      'Brings the results of the targets (of the whole tree, unless given), and of all tasks that they need,',
      'with all their files into the store, to be built from without a network.',
    ].join('\n'),
  },
  parameters: {
    positional: targets,
    flags: {
      all: switchFlag('every result of the mirror, which has to be a directory'),
      ...moveFlags,
    },
  },
  async func(this: Context, flags, ...names): Promise<void> {
    const { pull } = await import('../move.ts');
    await interruptible(this, (signal) => pull(flags, names, this, signal));
  },
});

const pinCommand = buildCommand<SelectionFlags, [string, ...string[]], Context>({
  docs: {
    brief: 'keep results from being evicted',
    fullDescription: [
      'Gives a name to the results of targets, or to task keys (64 hexadecimal digits): what has one is never',
      'evicted. Pinning under a name again replaces what it stood for.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      minimum: 2,
      parameter: {
        brief: 'the name, then targets or keys',
        parse: String,
        placeholder: 'NAME TARGET',
      },
    },
    flags: selectionFlags,
  },
  async func(this: Context, flags, name, ...names): Promise<void> {
    const { pin } = await import('../move.ts');
    await interruptible(this, (signal) => pin(flags, name, names, this, signal));
  },
});

const unpinCommand = buildCommand<object, [string], Context>({
  docs: { brief: 'take back a pin' },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'name of the pin', parse: String, placeholder: 'NAME' }],
    },
  },
  async func(this: Context, _, name): Promise<void> {
    const { unpin } = await import('../care.ts');
    unpin(name, this);
  },
});

export const cacheCommand = buildRouteMap({
  routes: {
    stat: statCommand,
    verify: verifyCommand,
    push: pushCommand,
    pull: pullCommand,
    pin: pinCommand,
    unpin: unpinCommand,
  },
  docs: { brief: 'look after the store, and share it' },
});
