// What `ashlar ids` does: finds the tree, computes ids, lays them out. Returns text and diagnostics; the
// command prints them. Writes nothing but the table of known digests and what the launcher may say again, and needs
// no store.
import { Collector, type Diagnostic, type Result } from '../base/diagnostic.ts';
import type { Computed } from './answer.ts';
import { openStore, storeRoot } from '../cache/store.ts';
import type { Definition } from '../package/definition.ts';
import type { Identity } from '../package/ids.ts';
import { withoutUpstream, type CheckoutUpstream } from '../package/upstream.ts';
import { compareVariants, spell } from '../package/variant.ts';
import type { Image } from '../sandbox/port.ts';
import { identify, openTree, packagesDirectory, statTable, type TreeRequest } from './tree.ts';

export interface IdsRequest extends TreeRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
}

export interface IdsAnswer {
  /** Empty when there is an error. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined where this must not be said again without being computed. */
  readonly computed?: Computed | undefined;
}

/** Errors are those of `openTree` and `identify`. */
export async function answerIds(request: IdsRequest): Promise<IdsAnswer> {
  const startedAt = Date.now();
  const out = new Collector();
  const root = storeRoot(request.env);
  const store = root.ok ? root.value : undefined;
  const table = statTable(store, packagesDirectory(request));
  const checkoutUpstream = checkoutFrom(request, store);
  const open = await openTree(request, { checkoutUpstream, files: table }, out);
  if (open === undefined) return { text: '', diagnostics: out.diagnostics };
  let machine = false;
  // Only asked for where the user does not say what identifies an image: looking at the machine takes time.
  const image = async (): Promise<Result<Image>> => {
    machine = true;
    const { hostImage } = await import('../sandbox/image.ts');
    const { identityCacheIn } = await import('../sandbox/identity.ts');
    return hostImage(store === undefined ? {} : { cache: identityCacheIn(store) });
  };
  const { identities } = await identify(open, open.asked, image, table, out);
  table.save();
  if (out.failed) return { text: '', diagnostics: out.diagnostics };
  const wanted = (open.asked ?? open.tree.graph.definitions).map((one) => identities.get(one)!);
  const { diagnostics } = out;
  const computed =
    diagnostics.length > 0 || store === undefined
      ? undefined
      : { request, table, store, tree: open.tree, identities, machine, startedAt };
  return { text: layOut(wanted, request.json), diagnostics, computed };
}

/** An upstream tree is fetched into the store, so only then one is opened. */
function checkoutFrom(request: IdsRequest, root: string | undefined): CheckoutUpstream {
  return async (source) => {
    if (root === undefined) return withoutUpstream(source);
    const store = openStore(root);
    if (!store.ok) return store;
    const directory = packagesDirectory(request);
    const options = { directory, cwd: request.cwd, store: store.value, offline: false };
    const { openFetching } = await import('./fetching.ts');
    return openFetching(options, new AbortController().signal).checkoutUpstream(source);
  };
}

function layOut(identities: readonly Identity[], json: boolean): string {
  const rows = identities
    .map(({ definition, id }) => ({ definition, id }))
    .sort((a, b) => byName(a.definition, b.definition));
  if (json) {
    const array = rows.map(({ definition: { name, variant }, id }) => ({ name, variant, id }));
    return `${JSON.stringify(array, undefined, 2)}\n`;
  }
  const width = rows.reduce((most, row) => Math.max(most, spell(row.definition).length), 0);
  return rows.map(({ definition, id }) => `${spell(definition).padEnd(width)} ${id}\n`).join('');
}

/** The default variant stands before the others, as its spelling is the shortest. */
function byName(a: Definition, b: Definition): number {
  if (a.name === b.name && (a.variant === null) !== (b.variant === null)) {
    return a.variant === null ? -1 : 1;
  }
  return compareVariants(a, b);
}
