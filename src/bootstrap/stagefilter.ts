// What a user should see of what Ninja prints while it makes build logic: the steps, and what programs say that
// fail; not their command lines, nor that there was nothing to do.

/** What Ninja calls failed when a definition is wrong: a manifest could not be made. */
const MANIFEST = /(?:^|\/)(?:build\.ninja(?:\.in)?|build\.ninja(?:\.in)?\.globs)$/;

export class StageFilter {
  readonly #print: (line: string) => void;
  #rest = '';
  /** Whether the next line is the command that failed. */
  #command = false;
  /** Whether what failed was making a manifest. */
  wrongDefinition = false;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line);
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
  }

  #line(line: string): void {
    if (this.#command) {
      this.#command = false;
      return;
    }
    const failed = /^FAILED: (?:\[code=\d+\] )?(.*?) *$/.exec(line);
    if (failed !== null) {
      this.#command = true;
      if (failed[1]!.split(' ').some((path) => MANIFEST.test(path))) this.wrongDefinition = true;
    } else if (/^ninja: error: .*multiple rules generate /.test(line)) {
      this.wrongDefinition = true;
      this.#print(line.replace(/^ninja: error: /, 'error: '));
    } else if (!QUIET.some((pattern) => pattern.test(line))) this.#print(line);
  }
}

const QUIET = [
  /^ninja: no work to do\.$/,
  /^ninja: build stopped: subcommand failed\.$/,
  /^ninja: error: rebuilding '.*': subcommand failed$/,
  /^ninja: Entering directory /,
];
