// How many may be at work at once, by what limits them, and who waits for a place. First come, first served.
import type { Pool } from './task.ts';

export type Queue = Pool | 'restore';

/** What is quick and lets others go on comes first. */
export const QUEUES: readonly Queue[] = ['restore', 'download', 'cpu'];

export class Places<T> {
  readonly #limits: Readonly<Record<Queue, number>>;
  readonly #waiting: Record<Queue, T[]> = { cpu: [], download: [], restore: [] };
  /** Index of the first that still waits: taking from the front of a long array costs its length. */
  readonly #front: Record<Queue, number> = { cpu: 0, download: 0, restore: 0 };
  readonly #atWork: Record<Queue, number> = { cpu: 0, download: 0, restore: 0 };

  constructor(limits: Readonly<Record<Queue, number>>) {
    this.#limits = limits;
  }

  get busy(): boolean {
    return QUEUES.some((queue) => this.#atWork[queue] > 0);
  }

  wait(queue: Queue, one: T): void {
    this.#waiting[queue].push(one);
  }

  /** Who may start now, if there is anybody and a place. */
  next(queue: Queue): T | undefined {
    const waiting = this.#waiting[queue];
    const front = this.#front[queue];
    if (front === waiting.length || this.#atWork[queue] >= this.#limits[queue]) return undefined;
    this.#atWork[queue]++;
    if (front + 1 === waiting.length) {
      this.#front[queue] = 0;
      this.#waiting[queue] = [];
    } else this.#front[queue]++;
    return waiting[front];
  }

  leave(queue: Queue): void {
    this.#atWork[queue]--;
  }
}
