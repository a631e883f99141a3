// Loads the parts of the bundle (scripts.js makes them) with the code that V8 made of them in a run before: half of the
// start of a command is compiling it. Node keeps such code for modules from version 22 on, for scripts every version can.
// Knows nothing of what the parts do.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { asByItself } from '../base/heap.ts';
import { CompiledCode } from './compiled.ts';

declare global {
  /** Set by the bundler: what tells this build of the bundle from others. */
  const ASHLAR_BUILD: string;
  /** Set by the bundler: where the entries are, by name, and those of them that are started, not imported. */
  const ASHLAR_ENTRIES: Readonly<Record<string, string>>;
  const ASHLAR_PROGRAMS: readonly string[];
}

type Exports = Readonly<Record<string, unknown>>;

/** What the script of a part is: called once, it returns the exports. That of a program runs it, each time. */
type Part = (
  require: (name: string) => Exports,
  importLate: (name: string) => Promise<Exports>,
  directory: string,
  courses: Set<string>,
) => Exports;

/** What is imported by the programs that are made of build logic, and by nothing else. */
const BUILDER = 'builder';
/** A word that may be a command. */
const COMMAND = /^[a-z-]{1,20}$/;

const bundle = __dirname;
const scripts = new Map<string, Script>();
const exported = new Map<string, Exports>();
const required = new Map<string, Exports>();
const courses = new Set<string>();
let compiled: CompiledCode | undefined;

/**
 * The exports of an entry of the bundle. A program is run each time this is called; what it throws later is in the
 * promise that comes instead.
 */
export function load(entry: string): Exports | Promise<void> {
  const isProgram = ASHLAR_PROGRAMS.includes(entry);
  if (compiled === undefined && (isProgram || entry === BUILDER)) keepCode(entry);
  const path = ASHLAR_ENTRIES[entry]!;
  return isProgram ? run(path) : exportsOf(path);
}

/** From now on. In a process of somebody who imports a library of the bundle nothing is kept. */
function keepCode(program: string): void {
  const [, , word = ''] = process.argv;
  const command = program === 'main' && COMMAND.test(word) ? word : '';
  const code = new CompiledCode({ bundle, build: ASHLAR_BUILD, program, command });
  process.once('exit', () => asByItself(() => code.keep(scripts, courses)));
  compiled = code;
}

function exportsOf(path: string): Exports {
  let exports = exported.get(path);
  if (exports === undefined) {
    exports = run(path);
    exported.set(path, exports);
  }
  return exports;
}

function run(path: string): Exports {
  const isNear = (name: string): boolean => name.startsWith('.');
  const near = (name: string): Exports => exportsOf(join(dirname(path), name));
  const early = (name: string): Exports => (isNear(name) ? near(name) : requiredOf(name));
  // Scripts whose code is kept cannot import by themselves.
  const late = async (name: string): Promise<Exports> =>
    isNear(name) ? near(name) : asByItself(() => import(name) as Promise<Exports>);
  const part = scriptOf(path).runInThisContext() as Part;
  return part(early, late, dirname(join(bundle, path)), courses);
}

/** Of Node's own modules, which many parts ask for. */
function requiredOf(name: string): Exports {
  let exports = required.get(name);
  if (exports === undefined) {
    exports = asByItself(() => require(name) as Exports);
    required.set(name, exports);
  }
  return exports;
}

function scriptOf(path: string): Script {
  let script = scripts.get(path);
  if (script === undefined) {
    const filename = join(bundle, path);
    // All of it is ASCII.
    const source = readFileSync(filename, 'latin1');
    script = asByItself(() => new Script(source, { filename, cachedData: compiled?.of(path) }));
    compiled?.judge(script);
    scripts.set(path, script);
  }
  return script;
}
