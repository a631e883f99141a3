// The list of commands. Each lives in a file of its own, loaded when it is run.
import type { Command, RouteMap } from '@stricli/core';
import type { Context } from '../context.ts';
import { idsCommand } from './ids.ts';
import { versionCommand } from './version.ts';

/** Route name → command. */
export const commands: Record<string, Command<Context> | RouteMap<Context>> = {
  ids: idsCommand,
  version: versionCommand,
};
