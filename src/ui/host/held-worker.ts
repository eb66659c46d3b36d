/**
 * A worker within the page's Content Security Policy. A script from an address brings a policy of
 * its own in its headers, which a static add-on cannot send; a script from a blob inherits the page's.
 */
export class HeldWorker extends Worker {
  /** `script`: of this origin. */
  constructor(script: URL, options: WorkerOptions & { readonly type: 'module' }) {
    const source = loading(JSON.stringify(script.href));
    super(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), options);
  }
}

/**
 * A static import would count as the worker's own script, and the policy starts none from an
 * address. What is said to the worker before its script is there waits; a failure is thrown in a
 * task of its own, so that the page hears of it. As text: tools rewrite imports in functions.
 */
const loading = (script: string) => `
const early = [];
const wait = (event) => early.push(event);
addEventListener('message', wait);
import(${script}).then(
  () => {
    removeEventListener('message', wait);
    for (const event of early) dispatchEvent(new MessageEvent('message', event));
  },
  (error) => setTimeout(() => { throw error; }),
);`;
