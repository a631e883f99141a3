// The list of commands. Each lives in a file of its own, loaded when it is run.
import type { Command, RouteMap } from '@stricli/core';
import type { Context } from '../context.ts';
import { activateCommand } from './install/activate.ts';
import { activeCommand } from './install/active.ts';
import { installCommand } from './install/install.ts';
import { listCommand } from './install/list.ts';
import { removeCommand } from './install/remove.ts';
import { rollbackCommand } from './install/rollback.ts';
import { versionCommand } from './version.ts';

/** Route name → command. */
export const commands: Record<string, Command<Context> | RouteMap<Context>> = {
  activate: activateCommand,
  active: activeCommand,
  install: installCommand,
  list: listCommand,
  remove: removeCommand,
  rollback: rollbackCommand,
  version: versionCommand,
};
