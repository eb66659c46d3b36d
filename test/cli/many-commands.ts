/**
 * Several commands in one process, where a namespace of its own must be entered: starting costs more
 * than most of them. After each, what it left with and what lies in the folder, on stderr.
 */
import { readdirSync } from 'node:fs';
import { main } from '../../src/cli/main.js';

const [folder, commands] = process.argv.slice(2);
for (const command of JSON.parse(commands) as string[][]) {
  process.exitCode = 0;
  await main(['node', 'repaint-fill', ...command]);
  const left = { code: Number(process.exitCode), names: readdirSync(folder) };
  process.stderr.write(`\n== ${JSON.stringify(left)}\n`);
}
process.exitCode = 0;
