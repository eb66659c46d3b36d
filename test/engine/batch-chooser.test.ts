import { describe, expect, test } from 'vitest';
import {
  BatchChooser,
  batchSizes,
  checkIdle,
  type BatchTrials,
  type IdleTime,
} from '../../src/engine/batch-chooser.js';
import type { BatchQuestion } from '../../src/protocol/fill.js';

const question: BatchQuestion = { shape: [1, 3, 64, 64], callsPerStep: 1, fills: 4, nfe: 1000 };
const small: BatchQuestion = { ...question, nfe: 100 };

/** A machine: ms of a call by its images; counts what it is asked. */
class Machine implements BatchTrials {
  readonly callsPerTrial = 3;
  readonly joinsGuidedCalls = true;
  openMs = 0;
  room = 64;
  measured: number[] = [];
  released: number[] = [];
  onOpen: () => void = () => undefined;

  constructor(private readonly _ms: (images: number) => number) {}

  msPerPixel = () => 10 / 64 ** 2;
  fits = (_: BatchQuestion, images: number) => images <= this.room;
  open = async () => this.onOpen();

  async measure(_: BatchQuestion, images: number, idle: IdleTime | null): Promise<number> {
    checkIdle(idle);
    this.measured.push(images);
    const ms = this._ms(images);
    if (Number.isNaN(ms)) throw new Error('no room');
    return ms;
  }

  release = async (_: BatchQuestion, images: number) => void this.released.push(images);
}

/** Half of a call's time does not depend on the batch. */
const idleHalf = (images: number) => 5 + 5 * images;
const busy = (images: number) => 10 * images;

describe('the batches worth trying', () => {
  test.each([
    [1, [1]],
    [2, [1, 2]],
    [3, [1, 3]],
    [4, [1, 2, 4]],
    [6, [1, 2, 3]],
    [7, [1, 4]],
    [64, [1, 2, 4]],
  ])('of %i fills leave none over where that is possible', (fills, sizes) => {
    expect(batchSizes(fills)).toEqual(sizes);
  });
});

describe('the batch chosen', () => {
  test('is the largest that is clearly faster per image, and the others are let go', async () => {
    const machine = new Machine(idleHalf);
    expect(await new BatchChooser(machine).choose(question)).toBe(4);
    expect(machine.released).toEqual([1, 2]);
  });

  test('is one where a batch gains less than a twentieth', async () => {
    const machine = new Machine((images) => busy(images) * (images > 1 ? 0.96 : 1));
    expect(await new BatchChooser(machine).choose(question)).toBe(1);
    // Four at once are not tried where two gained nothing.
    expect(machine.measured).toEqual([1, 2]);
    expect(machine.released).toEqual([2]);
  });

  test('is measured once for each size and guidance', async () => {
    const machine = new Machine(idleHalf);
    const chooser = new BatchChooser(machine);
    await chooser.choose(question);
    expect(await chooser.choose({ ...question, nfe: 1, fills: 2 })).toBe(2);
    expect(machine.measured).toEqual([1, 2, 4]);
    await chooser.choose({ ...question, shape: [1, 3, 128, 128], nfe: 5000 });
    await chooser.choose({ ...question, callsPerStep: 2, nfe: 5000 });
    expect(machine.measured).toEqual([1, 2, 4, 1, 2, 4, 1, 2, 4]);
  });

  test('never again is one that failed', async () => {
    const machine = new Machine((images) => (images > 2 ? NaN : idleHalf(images)));
    const chooser = new BatchChooser(machine);
    expect(await chooser.choose(question)).toBe(2);
    expect(machine.released).toContain(4);
    expect(await chooser.choose(question, { isOver: false })).toBe(2);
    expect(machine.measured).toEqual([1, 2, 4]);
    await chooser.reject(question, 2);
    expect(await chooser.choose(question)).toBe(1);
  });

  test('is not tried where its memory is not to be expected', async () => {
    const machine = new Machine(idleHalf);
    machine.room = 2;
    expect(await new BatchChooser(machine).choose(question)).toBe(2);
    expect(machine.measured).toEqual([1, 2]);
  });

  test('never has calls of more than half a second', async () => {
    const machine = new Machine((images) => 26 * idleHalf(images));
    machine.msPerPixel = () => 260 / 64 ** 2;
    expect(await new BatchChooser(machine).choose({ ...question, nfe: 1e6 })).toBe(1);
    expect(machine.measured).toEqual([]);
  });
});

describe('trying', () => {
  test('costs at most a twentieth of the fill that waits, else nothing is tried', async () => {
    const machine = new Machine(idleHalf);
    // One and two images, three calls each: nine calls of the hundred.
    expect(await new BatchChooser(machine).choose(small)).toBe(1);
    expect(machine.measured).toEqual([]);
    machine.openMs = 400;
    expect(await new BatchChooser(machine).choose(question)).toBe(2);
    machine.openMs = 600;
    expect(await new BatchChooser(machine).choose(question)).toBe(1);
    expect(machine.measured).toEqual([1, 2]);
  });

  test('is free in idle time, and stops when that is over', async () => {
    const machine = new Machine(idleHalf);
    machine.openMs = 600;
    const chooser = new BatchChooser(machine);
    const idle = { isOver: false };
    machine.onOpen = () => void (idle.isOver = machine.measured.length === 2);
    expect(await chooser.choose(small, idle)).toBe(2);
    expect(machine.measured).toEqual([1, 2]);
    expect(await chooser.choose(question)).toBe(2);
    // The one that was broken off has not failed.
    machine.onOpen = () => undefined;
    expect(await chooser.choose(small, { isOver: false })).toBe(4);
  });
});
