import { expect, test } from 'vitest';
import { toEngineError } from '../../src/engine/engine-error.js';
import { RepaintError } from '../../src/protocol/failure.js';

/** Sentences as ONNX Runtime 1.30 and Chromium print them. */
test.each([
  [
    'failed to call OrtRun(). ... buffer_manager.cc:643 ... MapAsyncStatus::Success was false',
    'deviceLost',
  ],
  ['Aborted(). Build with -sASSERTIONS for more info.', 'deviceLost'],
  ["Can't create a session. failed to allocate a buffer of size 2211256344.", 'outOfMemory'],
  ['std::bad_alloc', 'outOfMemory'],
  ['Array buffer allocation failed', 'outOfMemory'],
  [
    'Buffer size (2147483648) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer([BufferDescriptor]).',
    'outOfMemory',
  ],
  [
    'Binding size (268435456) of [Buffer (unlabeled)] is larger than the maximum storage buffer binding size (134217728).',
    'outOfMemory',
  ],
  ['Got invalid dimensions for input: sample for the following indices', 'modelShape'],
  ['something never seen', 'internal'],
])('"%s" is %s', (message, code) => {
  const cause = new Error(message);
  const error = toEngineError(cause, 'The network call failed');
  expect(error.code).toBe(code);
  expect(error.message).toBe(`The network call failed: ${message}`);
  expect(error.cause).toBe(cause);
});

test('an error that has a code keeps it', () => {
  const error = new RepaintError('modelHash', 'wrong bytes');
  expect(toEngineError(error, 'Loading')).toBe(error);
});
