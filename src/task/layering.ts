// After a task ran: what is seen in the directories that are kept as layers, and which of it is output.
// Layers stay as they are, with their times, so outputs are copied out of them before the store takes them.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ok, type Result } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { inspect, type Copy } from '../sandbox/overlay.ts';
import { contentsOf, digestsIn, type Contents } from './contents.ts';
import { directoryOf, isInside } from './graph.ts';
import type { Layer, Layers } from './layer.ts';
import type { Stage, StagedLayer } from './stage.ts';
import type { Task } from './task.ts';

export interface ReadLayers {
  /** Where an output lies on this machine, for the store to take. */
  readonly locate: (inside: string) => string;
  /** Keeps the layers; the root digest of each, by its path inside. Undefined where there are none. */
  readonly keep: () => Readonly<Record<string, Digest>> | undefined;
}

/** Reads what a task left in its layers; `copies` is a new directory for outputs. Throws node's own errors. */
export async function readLayers(
  task: Task,
  staged: Stage,
  layers: Layers,
  copies: string,
): Promise<Result<ReadLayers>> {
  const places = new Map<string, string>();
  const read: {
    layer: StagedLayer;
    base: Layer | undefined;
    below: ReadonlyMap<string, Digest>;
    contents: Contents;
  }[] = [];
  for (const layer of staged.layered) {
    const { source, over } = layer.mount;
    const base = over === undefined ? undefined : layer.used;
    const wanted = outputsIn(task, layer.at).map((at): Copy => {
      const to = join(copies, String(places.size), 'output');
      places.set(at, to);
      mkdirSync(dirname(to), { recursive: true });
      return { from: at.slice(layer.at.length).replace(/^\//, ''), to };
    });
    const seen = await inspect([source, ...(over?.below ?? [])], `${source}.seen`, wanted);
    if (!seen.ok) return seen;
    const below = base === undefined ? new Map<string, Digest>() : layers.filesOf(base);
    read.push({ layer, base, below, contents: contentsOf(seen.value, digestsIn(source, below)) });
  }
  return ok({
    locate: (inside) => copied(places, inside) ?? staged.locate(inside),
    keep: () => {
      if (read.length === 0) return undefined;
      const roots = read.map(({ layer, base, below, contents }): [string, Digest] => [
        layer.at,
        layers.keep(layer.mount.source, contents, base, below),
      ]);
      return Object.fromEntries(roots);
    },
  });
}

/** Outputs that lie in a directory and in none inside it; those that are missing are found out later. */
function outputsIn(task: Task, directory: string): string[] {
  return Object.values(task.outputs)
    .map(({ at }) => at)
    .filter((at) => directoryOf(task, at)?.at === directory);
}

function copied(places: ReadonlyMap<string, string>, inside: string): string | undefined {
  for (const [at, place] of places) {
    if (isInside(inside, at) && existsSync(place)) return `${place}${inside.slice(at.length)}`;
  }
  return undefined;
}
