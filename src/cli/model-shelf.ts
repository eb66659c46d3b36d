/** The shelf of the command line: the panel's, over a folder of the disk. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { RepaintError } from '../protocol/failure.js';
import type { Outcome } from '../protocol/model-shelf-api.js';
import { ModelShelf } from '../shelf/model-shelf.js';
import type { SelfTestLevel } from '../shelf/self-test.js';
import { DiskFileStore, systemReason, whileAloneOnDisk } from '../shelf/store/disk-files.js';

/** `onTested` is told what the self-test of an added model measured. */
export function openShelf(
  folder: string,
  onTested: (levels: readonly SelfTestLevel[]) => void = () => undefined,
): ModelShelf {
  return new ModelShelf({
    openStore: async () => new DiskFileStore(folder),
    openMachine: async () => {
      // ONNX Runtime is large, and needed only here.
      const { NodeMachine } = await import('./node-machine.js');
      return new NodeMachine(onTested);
    },
    whileAlone: async (action, otherwise, { patienceMs }) => {
      // Looking makes no folder.
      if (patienceMs === 0 && !existsSync(folder)) return action();
      try {
        await mkdir(folder, { recursive: true });
        return await whileAloneOnDisk(folder, action, otherwise);
      } catch (cause) {
        const reason = systemReason(cause);
        if (reason === null) throw cause;
        const sentence = `Cannot write ${folder}: ${reason}. Set REPAINT_FILL_HOME to another folder.`;
        throw new RepaintError('internal', sentence, { cause });
      }
    },
  });
}

/** The value, or the failure thrown. Throws: RepaintError. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.isOk) return outcome.value;
  throw new RepaintError(outcome.code, outcome.message);
}
