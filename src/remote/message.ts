// The messages of the Remote Execution API (v2) that Ashlar stores and sends, as plain data. Knows
// nothing of their encoding (encode.ts, decode.ts) nor of transport.
import type { Digest } from '../base/digest.ts';

export interface FileNode {
  readonly name: string;
  readonly digest: Digest;
  readonly executable: boolean;
  /** Permission bits, only where they are neither those of an ordinary nor of an executable file. */
  readonly mode?: number | undefined;
}

export interface DirectoryNode {
  readonly name: string;
  readonly digest: Digest;
}

export interface SymlinkNode {
  readonly name: string;
  readonly target: string;
}

/** A name stands in one of the lists only. Encoded, each list is sorted by name (byte order). */
export interface Directory {
  readonly files: readonly FileNode[];
  readonly directories: readonly DirectoryNode[];
  readonly symlinks: readonly SymlinkNode[];
  /** Permission bits, only where they are not those of an ordinary directory. */
  readonly mode?: number | undefined;
}

/** A directory with all below it. Children are found by the digest of their encoding. */
export interface Tree {
  readonly root: Directory;
  readonly children: readonly Directory[];
}

export interface Command {
  readonly arguments: readonly string[];
  /** Encoded sorted by name, as are the other lists of names. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Relative to the working directory. */
  readonly outputPaths: readonly string[];
  readonly workingDirectory: string;
}

export interface Action {
  readonly command: Digest;
  readonly inputRoot: Digest;
  readonly timeoutSeconds?: number | undefined;
  readonly platform: readonly (readonly [name: string, value: string])[];
}

export interface OutputFile {
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

export interface OutputDirectory {
  readonly path: string;
  readonly tree: Digest;
  /** Digest of the tree's root Directory, so that an input root can refer to it unread. */
  readonly root: Digest;
}

export interface ActionResult {
  readonly files: readonly OutputFile[];
  readonly directories: readonly OutputDirectory[];
  readonly exitCode: number;
  /** The action that ran, where the result is filed under another key. A field of ours, skipped by others. */
  readonly action?: Digest | undefined;
  /** The command's whole log. */
  readonly log?: Digest | undefined;
  /** Who ran it, and for how long. */
  readonly worker: string;
  readonly startedMs: number;
  readonly completedMs: number;
  /** Name of the task that it is of, for explanations. A field of ours. */
  readonly task?: string | undefined;
  /** It is good for the machine that made it only. A field of ours. */
  readonly local?: boolean | undefined;
}

/** Bytes that are no valid message. What is stored may come from anybody, so readers must expect it. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}
