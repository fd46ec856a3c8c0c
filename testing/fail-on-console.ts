/** A test that prints fails: noise hides warnings, and a library has no business printing. */
import { afterEach, beforeEach, expect, vi } from 'vitest';

const methods = ['log', 'info', 'warn', 'error'] as const;

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method).mockImplementation(() => {});
});

afterEach(() => {
  const printed = methods.flatMap((method) =>
    vi.mocked(console[method]).mock.calls.map((call) => `${method}: ${call.join(' ')}`),
  );
  vi.restoreAllMocks();
  expect(printed, 'the code under test printed').toEqual([]);
});
