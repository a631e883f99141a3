// How large the part of the heap is where values begin. V8 doubles it until it is twice 16 MiB: for runs of a second or two
// memory for nothing, for long ones time well saved. It is the process's, whatever is computed in it.
import { setFlagsFromString } from 'node:v8';

/** What is done for each of so many modules or packages takes longer than that. */
const MANY_MODULES = 10_000;
const MANY_PACKAGES = 1500;

let small = false;

/** V8 asks for it whenever that part is full. V8's own is 2. */
function growBy(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  small = factor === 1;
}

/** From now on it stays as large as it is: after the start of Node, twice 1 MiB. */
export function keepYoungSmall(): void {
  growBy(1);
}

export interface Work {
  readonly modules?: number;
  readonly packages?: number;
}

/** Undoes `keepYoungSmall` if there is much to do. */
export function growYoungFor({ modules = 0, packages = 0 }: Work): void {
  if (small && (modules > MANY_MODULES || packages > MANY_PACKAGES)) growBy(2);
}
