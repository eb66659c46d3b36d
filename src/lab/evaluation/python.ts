/** Other people's programs in the user's own Python, one process for all fills of a method. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RepaintError } from '../../protocol/failure.js';
import type { Made, Maker, PythonProgram, Task } from './methods.js';
import { encodePng, holePicture, readPicture } from './photos.js';

const script = fileURLToPath(new URL('./baselines.py', import.meta.url));

/** Lines that the script answers with, in order; an end of the process ends the wait. */
class Answers {
  private readonly _lines: AsyncIterator<string, undefined>;
  private _errors = '';

  constructor(process: ChildProcessWithoutNullStreams) {
    this._lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    process.stderr.on('data', (data: Buffer) => {
      this._errors = (this._errors + String(data)).slice(-500);
    });
  }

  async next(): Promise<{ missing?: Record<string, string>; error?: string }> {
    const { value, done } = await this._lines.next();
    if (done) throw new Error(`Python ended: ${this._errors.trim().split('\n').at(-1)}`);
    return JSON.parse(value) as { error?: string };
  }
}

async function started(python: string): Promise<ChildProcessWithoutNullStreams> {
  const process = spawn(python, [script]);
  // A write to a process that has ended is told by the answer that does not come.
  process.stdin.on('error', () => undefined);
  await once(process, 'spawn').catch((cause: Error) => {
    throw new RepaintError(
      'badRequest',
      `${python} cannot be started (${cause.message}); give another --python.`,
      { cause },
    );
  });
  return process;
}

/**
 * Opens a program. Throws: RepaintError badRequest with one sentence when Python or the program's
 * package is not there.
 */
export async function openPythonMaker(program: PythonProgram, python: string): Promise<Maker> {
  const process = await started(python);
  const answers = new Answers(process);
  const { missing = {} } = await answers.next();
  if (missing[program]) {
    process.kill();
    throw new RepaintError(
      'badRequest',
      `${program} is not installed for ${python}; install it: ${python} -m pip install ${missing[program]}.`,
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'repaint-lab-'));
  const [photo, hole, out] = ['photo', 'hole', 'out'].map((name) =>
    path.join(folder, `${name}.png`),
  );
  const make = async (task: Task): Promise<Made> => {
    await writeFile(photo, await encodePng(task.photo));
    await writeFile(hole, await encodePng(holePicture(task.hole)));
    process.stdin.write(`${JSON.stringify({ program, photo, hole, out, seed: task.seed })}\n`);
    const { error } = await answers.next();
    if (error !== undefined) throw new Error(error);
    return { picture: await readPicture(out), nfe: null };
  };
  const release = async () => {
    process.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { make, release };
}
