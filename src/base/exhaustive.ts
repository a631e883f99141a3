// Makes a switch over a union exhaustive: a new member is then a type error where it is not handled.
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
