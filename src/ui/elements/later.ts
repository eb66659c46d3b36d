/**
 * What the panel's first screen does without, or shows below its edge: loaded once that is drawn.
 * Until then each is an unknown element, which keeps what it is given.
 */
import '@spectrum-web-components/menu/sp-menu-item.js';
import '@spectrum-web-components/picker/sync/sp-picker.js';
import '@spectrum-web-components/theme/express/theme-dark.js';
import './advanced.js';
import './edge-settings.js';
import './fill-gallery.js';
import './help-section.js';
import './history-list.js';
import './mark-tools.js';
import './progress-card.js';
import './region-editor.js';
