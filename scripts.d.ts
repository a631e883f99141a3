// For the tests, which are checked: the types that scripts.js names in its comment.
export function scriptOf(
  path: string,
  module: string,
  facts: { readonly program: boolean; readonly imports: number; readonly exports: number },
): string;
