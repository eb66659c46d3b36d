/** Entry of the workbench page. */
import './style.css';
import { wordsFor } from './words.js';
import { Workbench, type WorkbenchConfig } from './workbench.js';

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}. Run "npm start" again.`);
  return response.text();
}

async function start(): Promise<void> {
  const config = JSON.parse(await text('config.json')) as WorkbenchConfig;
  const root = document.querySelector<HTMLElement>('#app')!;
  if (config.addOns.length === 0) throw new Error(wordsFor(navigator.language).noBuild);
  const workbench = new Workbench(root, config, text);
  await workbench.start();
  window.workbench = workbench;
}

start().catch((error: unknown) => {
  document.querySelector('#app')!.textContent =
    error instanceof Error ? error.message : String(error);
});
