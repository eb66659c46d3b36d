/**
 * A worker within the page's Content Security Policy. A script from an address brings a policy of
 * its own in its headers, which a static add-on cannot send; a script from a blob inherits the page's.
 */
export class HeldWorker extends Worker {
  /** `script`: of this origin. */
  constructor(script: URL, options: WorkerOptions & { readonly type: 'module' }) {
    const source = `import ${JSON.stringify(script.href)};`;
    super(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), options);
  }
}
