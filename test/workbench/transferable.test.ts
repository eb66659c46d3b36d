/** What the host's communication refuses, the workbench refuses. */
import { describe, expect, it } from 'vitest';
import { checkTransferable } from '../../src/workbench/sdk/transferable.js';

class Point {
  constructor(readonly x: number) {}
}

describe('values between panel and document sandbox', () => {
  it.each([
    ['plain data', { a: [1, 'two', null, undefined, { b: true }] }],
    ['a buffer', new ArrayBuffer(4)],
    ['a Blob', new Blob(['x'])],
    ['an error', new Error('x')],
    ['one object in two places', ((shared) => [shared, shared])({ a: 1 })],
  ])('may be %s', (_, value) => {
    expect(() => checkTransferable(value)).not.toThrow();
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each([
    ['a function', () => 1, /function/],
    ['a symbol', Symbol('x'), /symbol/],
    ['a class instance', new Point(1), /Point/],
    ['a Map', new Map(), /Map/],
    ['a Set', new Set(), /Set/],
    ['a Date', new Date(0), /Date/],
    ['a RegExp', /x/, /RegExp/],
    ['a typed array', new Uint8Array(2), /Uint8Array/],
    ['a cycle', cycle, /refers to itself/],
  ])('may not be %s, however deep', (_, value, message) => {
    expect(() => checkTransferable(value)).toThrow(message);
    expect(() => checkTransferable({ list: [value] })).toThrow(/value\.list\.0/);
  });
});
