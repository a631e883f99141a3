// Tasks of one key: the first of them is made, and the others take its result. Knows nothing of when.
import type { Node } from './node.ts';

/** Until something of its own happens to it, a node's result is that of its twin. */
export function isTwin(node: Node): node is Node & { readonly twin: Node } {
  return node.twin !== undefined && node.losses === 0;
}

/**
 * Lets a node go on without its twin, which failed. Only a download may come out otherwise: the places that it comes
 * from are not in its key. False for all else.
 */
export function leaveTwin(node: Node): boolean {
  if (node.twin?.state !== 'failed' || node.task.pool !== 'download') return false;
  node.twin = undefined;
  node.pending = 0;
  return true;
}
