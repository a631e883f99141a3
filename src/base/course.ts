// Which ways a run has gone: each uses code of its own, and what V8 makes of that is kept for the next run that goes
// the same way (src/cli/load.ts). Knows nothing of what they are.
declare global {
  /** Given to each part of the bundle by what loads it; nowhere else is there one. */
  const ASHLAR_COURSES: Set<string>;
}

/** Says that this run goes a way: a word for each, the same in every run. */
export function takeCourse(name: string): void {
  if (typeof ASHLAR_COURSES !== 'undefined') ASHLAR_COURSES.add(name);
}
