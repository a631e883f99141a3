// Assembles a REAPI input root from paths: the nested Directory messages whose root digest names all
// contents that an action sees. Trees that are known by digest are referred to, not read.
import { byCodePoint, digestOf, type Digest } from '../base/digest.ts';
import { encodeDirectory } from '../remote/encode.ts';
import type { DirectoryNode, FileNode, SymlinkNode } from '../remote/message.ts';

type Node =
  | { kind: 'file'; digest: Digest; executable: boolean }
  | { kind: 'link'; target: string }
  | { kind: 'tree'; digest: Digest }
  | { kind: 'made'; entries: Map<string, Node> };

/** Assembles an input root from paths, as nested Directory messages. */
export class InputRoot {
  readonly #root = new Map<string, Node>();

  file(at: string, digest: Digest, executable: boolean): void {
    this.#put(at, { kind: 'file', digest, executable });
  }

  link(at: string, target: string): void {
    this.#put(at, { kind: 'link', target });
  }

  directory(at: string, digest: Digest): void {
    this.#put(at, { kind: 'tree', digest });
  }

  /** The encoded directories, the root last. */
  encode(): Uint8Array[] {
    const encoded: Uint8Array[] = [];
    const visit = (entries: ReadonlyMap<string, Node>): Digest => {
      const files: FileNode[] = [];
      const directories: DirectoryNode[] = [];
      const symlinks: SymlinkNode[] = [];
      for (const [name, node] of [...entries].sort(([a], [b]) => byCodePoint(a, b))) {
        if (node.kind === 'file') {
          files.push({ name, digest: node.digest, executable: node.executable });
        } else if (node.kind === 'link') {
          symlinks.push({ name, target: node.target });
        } else {
          const digest = node.kind === 'tree' ? node.digest : visit(node.entries);
          directories.push({ name, digest });
        }
      }
      const bytes = encodeDirectory({ files, directories, symlinks });
      encoded.push(bytes);
      return digestOf(bytes);
    };
    visit(this.#root);
    return encoded;
  }

  #put(at: string, node: Node): void {
    const components = at.split('/').filter((component) => component !== '');
    let entries = this.#root;
    for (const component of components.slice(0, -1)) {
      let next = entries.get(component);
      if (next?.kind !== 'made') {
        // What lies inside another input overlays it: both count, the outer one under a name of its own.
        if (next !== undefined) entries.set(`${component}.below`, next);
        next = { kind: 'made', entries: new Map() };
        entries.set(component, next);
      }
      entries = next.entries;
    }
    entries.set(components.at(-1) ?? '.', node);
  }
}
