/**
 * Several commands in one process, where a namespace of its own must be entered: starting costs more
 * than most of them. After each, what it left with and what lies in the folder, on stderr. The
 * command `rm` is the system's.
 */
import { readdirSync, rmSync } from 'node:fs';
import { main } from '../../src/cli/main.js';

const [folder, commands] = process.argv.slice(2);
for (const command of JSON.parse(commands) as string[][]) {
  process.exitCode = 0;
  const [name, ...files] = command;
  if (name === 'rm') files.forEach((file) => rmSync(file));
  else await main(['node', 'repaint-fill', ...command]);
  const left = { code: Number(process.exitCode), names: readdirSync(folder) };
  process.stderr.write(`\n== ${JSON.stringify(left)}\n`);
}
process.exitCode = 0;
