/** Entry of the workbench page. */
import './style.css';
import { Workbench, type WorkbenchConfig } from './workbench.js';

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}. Run "npm start" again.`);
  return response.text();
}

async function start(): Promise<void> {
  const config = JSON.parse(await text('config.json')) as WorkbenchConfig;
  const root = document.querySelector<HTMLElement>('#app')!;
  const workbench = new Workbench(root, config);
  const [document_, code] = await Promise.all([
    text('realm.js'),
    text(`${config.addOnOrigin}/code.js`),
  ]);
  await workbench.start({ document: document_, code });
  window.workbench = workbench;
}

start().catch((error: unknown) => {
  document.querySelector('#app')!.textContent =
    error instanceof Error ? error.message : String(error);
});
