// When an exchange is a stall: to the byte, and from which moment on spans count.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from '../../../src/cache/mirror/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TIMES = { spanMs: 1000, leastBytes: 10 };

test('fewer bytes than the least in a span are a stall, just as many are none', () => {
  using patience = new Patience(TIMES, new AbortController().signal);
  patience.seen(10);
  vi.advanceTimersByTime(1000);
  expect(patience.over).toBe(false);
  patience.seen(9);
  vi.advanceTimersByTime(999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect([patience.over, patience.signal.aborted]).toEqual([true, true]);
});

test('the answer has a span of its own, and what nobody wants any more is no stall', () => {
  const outer = new AbortController();
  using patience = new Patience(TIMES, outer.signal);
  vi.advanceTimersByTime(900);
  patience.began();
  vi.advanceTimersByTime(900);
  expect(patience.over).toBe(false);
  outer.abort();
  expect([patience.over, patience.signal.aborted]).toEqual([false, true]);
});
