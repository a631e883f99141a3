// Options that several commands share, and the request that those of a tree come to. Knows nothing of what
// any command does with them.
import type { Context } from '../context.ts';
import type { PrepareRequest } from '../prepare.ts';

/** An option without a value. */
export function switchFlag(brief: string): {
  readonly kind: 'boolean';
  readonly brief: string;
  readonly default: false;
  readonly withNegated: false;
} {
  return { kind: 'boolean', brief, default: false, withNegated: false };
}

/** An option with a value, which may be left out. */
export function valueFlag(
  placeholder: string,
  brief: string,
): {
  readonly kind: 'parsed';
  readonly parse: (text: string) => string;
  readonly brief: string;
  readonly placeholder: string;
  readonly optional: true;
} {
  return { kind: 'parsed', parse: nonEmpty, brief, placeholder, optional: true };
}

/** What a script has given no value is not what it was meant to be. */
function nonEmpty(text: string): string {
  if (text === '') throw new SyntaxError('expected a value');
  return text;
}

/** Such an option that may be given several times. */
export function valuesFlag(
  placeholder: string,
  brief: string,
): ReturnType<typeof valueFlag> & { readonly variadic: true } {
  return { ...valueFlag(placeholder, brief), variadic: true };
}

export const jsonFlag = switchFlag('print JSON');

export const packagesFlag = valueFlag('DIR', 'the packages directory');

export const imageIdFlag = valuesFlag(
  '[IMAGE=]ID',
  'what identifies the image IMAGE, or every image',
);

export const sandboxFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'bubblewrap, or host: no isolation, and results of its own',
  default: 'bubblewrap',
  placeholder: 'NAME',
} as const;

/** What makes tasks of the definitions of a tree. */
export interface TaskFlags {
  readonly packages?: string;
  readonly imageId?: readonly string[];
  readonly sandbox: string;
}

export const taskFlags = {
  packages: packagesFlag,
  imageId: imageIdFlag,
  sandbox: sandboxFlag,
} as const;

/** What the flags of a command say of the tree that it is about; it downloads nothing. */
export function taskRequest(
  context: Context,
  { packages, imageId = [], sandbox }: TaskFlags,
  targets: readonly string[],
): PrepareRequest {
  const { cwd, env } = context;
  return {
    cwd,
    env,
    packages,
    targets,
    imageIds: imageId,
    sandbox,
    variant: undefined,
    offline: true,
  };
}

/** Arguments that are any number of packages, or what else a target may be. */
export function targetsParameter(brief: string): {
  readonly kind: 'array';
  readonly parameter: {
    readonly brief: string;
    readonly parse: (text: string) => string;
    readonly placeholder: string;
  };
} {
  return { kind: 'array', parameter: { brief, parse: withoutSlash, placeholder: 'TARGET' } };
}

/** Shells complete the name of a folder with a slash, which no name of a package ends in. */
export function withoutSlash(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
}
