// What the launcher says of a run: arguments, environment and place. Apart from what records it, which most commands
// do not load.

/** The key that the launcher gave, and which no other program need see. */
export function takeNoopKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env['ASHLAR_NOOP_KEY'];
  delete env['ASHLAR_NOOP_KEY'];
  return key === '' ? undefined : key;
}
