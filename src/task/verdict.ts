// What is said of tasks that were not allowed to run, or whose results cannot be had. Pure text.
import { buildError, environmentError, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import { storeRemoved } from '../cache/removed.ts';
import type { TaskFailure } from './event.ts';
import type { Task } from './task.ts';

function failure(diagnostic: Diagnostic): TaskFailure {
  return { diagnostics: [diagnostic], tail: [] };
}

export function notCached({ name }: Task): TaskFailure {
  return failure(
    buildError({
      code: 'task/not-cached',
      message: `${name} is not in the cache, and may not run`,
    }),
  );
}

export function missingLock({ name, locked }: Task): TaskFailure {
  return failure(
    buildError({
      code: 'task/locked-missing',
      message: `${name} is locked to the key ${locked}, of which no result is on record`,
      hint: 'get it from a mirror that has it, or remove the lock to build it',
    }),
  );
}

export function changedLock({ name, locked }: Task, unlocked: Sha256Hex): Diagnostic {
  return {
    ...buildError({
      code: 'task/locked',
      message: `${name} is locked to the key ${locked}; its definition now gives ${unlocked}`,
      hint: 'what is used was made from an earlier definition',
    }),
    severity: 'warning',
  };
}

export function storeGone(root: string): TaskFailure {
  return failure(storeRemoved(root));
}

export function keepsLosing({ name }: Task, store: string): TaskFailure {
  return failure(
    environmentError({
      code: 'store/losing',
      message: `the store lost the result of ${name} again right after it was made`,
      hint: `check the disk below ${store}, and that its size limit leaves room for this build`,
    }),
  );
}
