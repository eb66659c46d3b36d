/** Entry of the document sandbox: exposes `SandboxApi` to the panel, and tells it of selections. */
import addOnSandboxSdk, { type RuntimeType } from 'add-on-sdk-document-sandbox';
import { constants, editor } from 'express-document-sdk';
import type { PanelApi, SandboxApi } from '../protocol/sandbox-api.js';
import { clearView, restoreView } from './backdrop.js';
import { addLayer } from './layers.js';
import { editPage, readPage } from './page.js';
import { hasOriginalPixels, readOriginalPixels } from './pixels.js';
import { readSelection } from './selection.js';

/** Set by the build. */
declare const __BUILD_ID__: string;

const api: SandboxApi = {
  hello: () => ({ buildId: __BUILD_ID__, hasOriginalPixels }),
  readSelection,
  readOriginalPixels,
  clearView,
  restoreView,
  addLayer,
  editPage,
  readPage,
};

const { runtime } = addOnSandboxSdk.instance;
runtime.exposeApi(api);

// The document must not change inside this handler; the panel asks for the selection afterwards.
const panel = runtime.apiProxy<PanelApi>('panel' as RuntimeType.panel);
editor.context.on(constants.EditorEvent.selectionChange, () => {
  void panel.then((proxy) => proxy.selectionChanged());
});
