// The list of commands. Each lives in a file of its own; what it needs is loaded when it is run.
import type { Command, RouteMap } from '@stricli/core';
import type { Context } from '../context.ts';
import { buildPackagesCommand } from './build.ts';
import { cacheCommand } from './cache.ts';
import { cleanCommand } from './clean.ts';
import { gcCommand } from './gc.ts';
import { diffCommand } from './diff.ts';
import { historyCommand } from './history.ts';
import { idsCommand } from './ids.ts';
import { activateCommand } from './install/activate.ts';
import { activeCommand } from './install/active.ts';
import { installCommand } from './install/install.ts';
import { listCommand } from './install/list.ts';
import { removeCommand } from './install/remove.ts';
import { rollbackCommand } from './install/rollback.ts';
import { keysCommand } from './keys.ts';
import { logCommand } from './log.ts';
import { fmtCommand } from './fmt.ts';
import { generateCommand } from './generate.ts';
import { lockCommand } from './lock.ts';
import { lspCommand } from './lsp.ts';
import { modifyCommand } from './modify.ts';
import { queryCommand } from './query/query.ts';
import { verifyCommand } from './verify.ts';
import { versionCommand } from './version.ts';
import { whyCommand } from './why.ts';

/** Route name → command. */
export const commands: Record<string, Command<Context> | RouteMap<Context>> = {
  build: buildPackagesCommand,
  ids: idsCommand,
  log: logCommand,
  lock: lockCommand,
  why: whyCommand,
  diff: diffCommand,
  verify: verifyCommand,
  history: historyCommand,
  clean: cleanCommand,
  gc: gcCommand,
  cache: cacheCommand,
  keys: keysCommand,
  install: installCommand,
  activate: activateCommand,
  active: activeCommand,
  list: listCommand,
  remove: removeCommand,
  rollback: rollbackCommand,
  generate: generateCommand,
  query: queryCommand,
  fmt: fmtCommand,
  lsp: lspCommand,
  modify: modifyCommand,
  version: versionCommand,
};
