// Where things stand inside a build: fixed, so that nothing of a machine shows in what is built. The
// names are pkgpanda's; `work` is Ashlar's, because sources are read-only.

/** Sources, one folder each. */
export const SRC = '/pkg/src';
/** The build script. */
export const BUILD = '/pkg/build';
/** The package folder's `extra`. */
export const EXTRA = '/pkg/extra';
/** An empty directory to work in: where the script starts. */
export const WORK = '/pkg/work';
