// What the launcher says of a run: arguments, environment and place. Apart from what records it, which most commands
// do not load.

/** The key that the launcher gave, and which no other program need see. */
export function takeNoopKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env['ASHLAR_NOOP_KEY'];
  delete env['ASHLAR_NOOP_KEY'];
  return key === '' ? undefined : key;
}

/** Likewise of a question: under which name the launcher looks for the answer, and what that is the answer to. */
export interface Question {
  readonly name: string;
  readonly key: string;
}

/** The first line of what the launcher gave is the name. */
export function takeQuestion(env: NodeJS.ProcessEnv): Question | undefined {
  const given = takeNoopKey(env);
  const end = given?.indexOf('\n') ?? -1;
  return given === undefined || end === -1
    ? undefined
    : { name: given.slice(0, end), key: given.slice(end + 1) };
}
