// What a sandbox is to those who run commands in one. Backends are siblings, one file each; they know
// nothing of tasks, keys or packages.
import type { Diagnostic } from '../base/diagnostic.ts';

export interface Mount {
  /** Existing file or directory on this machine. */
  readonly source: string;
  /** Absolute path inside. */
  readonly target: string;
  readonly writable: boolean;
  /** Other directories show through this one; only where the sandbox's `overlays` says so. */
  readonly over?: Over;
}

/** What lies below a writable directory: all of it is seen as one tree, what changes goes to the source. */
export interface Over {
  /** Directories that are never written to, topmost first. */
  readonly below: readonly string[];
  /** A directory on the source's file system for the sandbox's own use; empty or not there. */
  readonly scratch: string;
}

export interface Limits {
  readonly memoryBytes?: number;
  readonly processes?: number;
  /** Size of /tmp and of /dev/shm, each. */
  readonly temporaryBytes?: number;
  readonly timeoutMs?: number;
}

/** One command and all it may see. What is not listed here does not exist inside. */
export interface SandboxCommand {
  readonly argv: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path inside. */
  readonly workdir: string;
  /** Later mounts may lie inside earlier ones. */
  readonly mounts: readonly Mount[];
  /** The root everything else is mounted on: the toolchain and the rest of the system. */
  readonly image: Image;
  readonly network: boolean;
  readonly limits: Limits;
  /**
   * Who the command is and where it seems to run, other than everywhere: to find out whether it shows in
   * what it makes. What is in /etc must be mounted to agree.
   */
  readonly identity?: { readonly id: number; readonly hostname: string };
  /** The arguments and the environment are in this machine's paths already: for sandboxes that cannot mount. */
  readonly located?: boolean;
  /** Descriptors of this process that the command has as 5 and on. */
  readonly lent?: readonly number[] | undefined;
  /** Standard output and standard error in the order of arrival. */
  readonly onOutput: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

export type SandboxExit =
  | {
      readonly kind: 'exited';
      /** 128 + signal where a signal ended it. */
      readonly status: number;
      /** The limit of memory was reached, and something of the command killed for it. */
      readonly outOfMemory?: true;
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' }
  /** The sandbox itself did not come up; the command never ran. */
  | { readonly kind: 'broken'; readonly diagnostic: Diagnostic };

export interface Image {
  /** `host`, or the name it has in the tree's settings. */
  readonly name: string;
  /** Identifies everything in it that a command can observe: goes into keys. */
  readonly identity: string;
  /** An impure image cannot be told apart from a similar one on another machine in all that matters. */
  readonly impure: boolean;
  /** Read-only mounts and links that make it the root. */
  readonly mounts: readonly Mount[];
  /** Symbolic links of the root: path → target. */
  readonly links: Readonly<Record<string, string>>;
  /** Directories within the mounts that are empty inside: what the identity does not cover. */
  readonly hidden?: readonly string[];
}

export interface Sandbox {
  readonly name: string;
  /** False where a command can see more than it was given: such results are never offered to others. */
  readonly hermetic: boolean;
  /** Why this backend cannot work on this machine, found by trying it; undefined when it can. */
  unavailable(): Promise<Diagnostic | undefined>;
  /** A warning for each of the limits that cannot be enforced here, or not as it is meant. */
  limitations?(limits: Limits): Promise<readonly Diagnostic[]>;
  /** Whether mounts may lie over others (`Mount.over`) on the file system of a directory; never unless given. */
  overlays?(directory: string): Promise<boolean>;
  /** Runs a command to its end; no process of it is left afterwards, however it ends. */
  run(command: SandboxCommand): Promise<SandboxExit>;
  /** The argument vector that does the same from a shell, for people to paste. */
  commandLine(command: SandboxCommand): readonly string[];
}
