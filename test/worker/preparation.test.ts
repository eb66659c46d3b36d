import { expect, test } from 'vitest';
import { Preparation } from '../../src/worker/preparation.js';

/** A task of steps that are ended from outside. */
function stepwise() {
  let release: () => void = () => undefined;
  const made: string[] = [];
  const task = (name: string) => async (idle: { readonly isOver: boolean }) => {
    for (let step = 1; step <= 3 && !idle.isOver; step++) {
      made.push(`${name}${step}`);
      await new Promise<void>((resolve) => (release = resolve));
    }
  };
  const next = async () => {
    release();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { made, task, next };
}

test('stopping waits for the step that is being made, and no other is begun', async () => {
  const { made, task, next } = stepwise();
  const preparation = new Preparation();
  preparation.start(task('a'));
  await next();
  await next();
  let isStopped = false;
  const stopped = preparation.stop().then(() => (isStopped = true));
  await Promise.resolve();
  expect(isStopped).toBe(false);
  await next();
  await stopped;
  expect(made).toEqual(['a1', 'a2']);
});

test('a later task takes the place of an earlier one, and one in between is left out', async () => {
  const { made, task, next } = stepwise();
  const preparation = new Preparation();
  preparation.start(task('a'));
  await Promise.resolve();
  await next();
  preparation.start(task('b'));
  preparation.start(task('c'));
  for (let i = 0; i < 5; i++) await next();
  await preparation.stop();
  expect(made).toEqual(['a1', 'a2', 'c1', 'c2', 'c3']);
});

test('a task that fails stops nothing else', async () => {
  const { made, task, next } = stepwise();
  const preparation = new Preparation();
  preparation.start(() => Promise.reject(new Error('no model')));
  preparation.start(task('b'));
  for (let i = 0; i < 4; i++) await next();
  await preparation.stop();
  expect(made).toEqual(['b1', 'b2', 'b3']);
});
