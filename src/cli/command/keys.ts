// `ashlar keys`: makes and shows the keys that sign results.
import { buildCommand, buildRouteMap } from '@stricli/core';
import type { Context } from '../context.ts';
import { packagesFlag } from './flags.ts';

const nameParameter = {
  kind: 'tuple',
  parameters: [{ brief: 'name of the key', parse: String, placeholder: 'NAME' }],
} as const;

const generateCommand = buildCommand<object, [string], Context>({
  docs: {
    brief: 'make a key that signs results',
    fullDescription: [
      'Makes an Ed25519 key. The private half goes to a file that only you may read, below',
      '$XDG_CONFIG_HOME/ashlar/keys; the public half is printed, for "keys" of "shared_state" in ashlar.json.',
    ].join('\n'),
  },
  parameters: { positional: nameParameter },
  async func(this: Context, _, name): Promise<void> {
    const { generate } = await import('../keys.ts');
    generate(name, this);
  },
});

const listCommand = buildCommand<{ readonly packages?: string }, [], Context>({
  docs: { brief: 'list the keys of this machine, and those that the tree trusts' },
  parameters: { flags: { packages: packagesFlag } },
  async func(this: Context, { packages }): Promise<void> {
    const { list } = await import('../keys.ts');
    list(packages, this);
  },
});

const showCommand = buildCommand<object, [string], Context>({
  docs: { brief: 'print the public half of a key of this machine' },
  parameters: { positional: nameParameter },
  async func(this: Context, _, name): Promise<void> {
    const { show } = await import('../keys.ts');
    show(name, this);
  },
});

export const keysCommand = buildRouteMap({
  routes: { generate: generateCommand, list: listCommand, show: showCommand },
  docs: { brief: 'keys that sign results' },
});
