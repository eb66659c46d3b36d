/** The command line as its user runs it: in a process of its own, or in this one, which is faster. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '../../src/cli/main.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as it ships, which starts in a third of the time. Needs `npm run build:cli`. */
export const bin = path.join(root, 'build/bin/bin.mjs');

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCli(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** As `runCli`, in this process. */
export async function callCli(...args: string[]): Promise<Result> {
  const said = { stdout: '', stderr: '' };
  const note = (stream: keyof typeof said) => (text: unknown) => {
    said[stream] += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(note('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(note('stderr')),
    vi.spyOn(console, 'log').mockImplementation((text) => void note('stdout')(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text) => void note('stderr')(`${text}\n`)),
  ];
  process.exitCode = undefined;
  try {
    await main(['node', bin, ...args]);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = undefined;
    spies.forEach((spy) => spy.mockRestore());
  }
}
