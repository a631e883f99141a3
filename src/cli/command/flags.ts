// Options that several commands share.

export const packagesFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'the packages directory',
  placeholder: 'DIR',
  optional: true,
} as const;

export const imageIdFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'what identifies the image IMAGE, or every image',
  placeholder: '[IMAGE=]ID',
  variadic: true,
  optional: true,
} as const;

export const sandboxFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'bubblewrap, or host: no isolation, and results of its own',
  default: 'bubblewrap',
  placeholder: 'NAME',
} as const;
