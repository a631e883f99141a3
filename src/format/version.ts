// Versions as package managers write and order them. A package's version is read as Debian's are,
// `[epoch:]upstream[-revision]` with `~` for what comes before; the others are spelled so that they order alike.
// Where a notation cannot say it, that is told rather than a version made up that would never be upgraded.

export interface Version {
  readonly epoch: number;
  readonly upstream: string;
  /** Of the packaging; undefined where none is given, which counts as 0. */
  readonly revision: string | undefined;
}

/** A version that Debian's tools take: it begins with a digit. */
export function debianVersion(version: string): string {
  const plain = version.replace(/[^A-Za-z0-9.+~:-]/g, '+');
  return /^\d/.test(plain) ? plain : `0+${plain}`;
}

export function parseVersion(version: string): Version {
  const plain = debianVersion(version);
  const [, epoch, rest] = /^(?:(\d+):)?(.*)$/s.exec(plain)!;
  const dash = rest!.lastIndexOf('-');
  return {
    epoch: Number(epoch ?? '0'),
    upstream: dash === -1 ? rest! : rest!.slice(0, dash),
    revision: dash === -1 ? undefined : rest!.slice(dash + 1),
  };
}

/** As names of files have it: without the epoch. */
export function withoutEpoch(version: string): string {
  return debianVersion(version).replace(/^\d+:/, '');
}

export interface RpmVersion {
  /** 0 is left out. */
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** rpm has the parts apart. Between them it knows no `-` and no `:`, which it would skip as it skips a dot. */
export function rpmVersion(version: string): RpmVersion {
  const { epoch, upstream, revision } = parseVersion(version);
  const spell = (text: string): string => text.replace(/[-:]/g, '.');
  // A release there must be. Without a revision it is the least, so that revision 1 is an upgrade.
  return {
    epoch,
    version: spell(upstream),
    release: spell(revision === undefined || revision === '' ? '0' : revision),
  };
}

/** `epoch:version-release`, as dependencies have it. */
export function rpmEvr({ epoch, version, release }: RpmVersion): string {
  return `${epoch === 0 ? '' : `${epoch}:`}${version}-${release}`;
}

const APK = new RegExp(
  [
    /^(?<digits>\d+(?:\.\d+)*)(?<letter>[a-oq-z]?)/,
    /(?<before>(?:~(?:alpha|beta|pre|rc)\d*)?)/,
    /(?<behind>(?:\+(?:cvs|svn|git|hg|p)\d*|p\d+)*)$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** Larger numbers do not fit where apk keeps them. */
const APK_NUMBER = 2 ** 31 - 1;

/**
 * apk's notation; undefined where it has none that orders alike: numbers, a letter, `~alpha ~beta ~pre ~rc`,
 * then `+cvs +svn +git +hg +p` with a number each, and a revision that is a number. It has no epochs.
 */
export function apkVersion(version: string): string | undefined {
  const { epoch, upstream, revision = '0' } = parseVersion(version);
  const parts = APK.exec(upstream)?.groups;
  if (parts === undefined || epoch !== 0 || !/^\d+$/.test(revision)) return undefined;
  const suffixes = `${parts['before']}${parts['behind']}`.replace(/[~+]|(?<![~+])p(?=\d)/g, (at) =>
    at === 'p' ? '_p' : '_',
  );
  const spelled = `${parts['digits']}${parts['letter']}${suffixes}-r${Number(revision)}`;
  const fits = spelled.split(/\D+/).every((number) => Number(number) <= APK_NUMBER);
  return fits ? spelled : undefined;
}
