/**
 * Test files run side by side, one on each core, so each is told that it has one: threads of a
 * session would wait for cores that other files have, operator by operator.
 */
import type * as Os from 'node:os';
import { vi } from 'vitest';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof Os>()),
  availableParallelism: () => 1,
}));
