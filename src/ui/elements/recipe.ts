/** How a fill was made, and what of it can be had again. */
import { html, nothing } from 'lit';
import '@spectrum-web-components/action-button/sp-action-button.js';
import '@spectrum-web-components/icons-workflow/icons/sp-icon-copy.js';
import type { FillRecord } from '../../protocol/sandbox-api.js';
import { msg, str } from '../host/localisation.js';
import type { Session } from '../session.js';
import { recipeText } from '../text/fill-text.js';

/** Asks for something of a fill that was made. */
export class RecipeEvent extends Event {
  static readonly kind = 'repaint-recipe';

  constructor(readonly ask: (session: Session) => void) {
    super(RecipeEvent.kind, { bubbles: true, composed: true });
  }
}

/** Copies by the clipboard, and where the host refuses that, by the selection. */
async function copySeed({ seed }: FillRecord, { currentTarget }: Event): Promise<void> {
  const text = String(seed);
  const isCopied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  if (isCopied) return;
  const shown = (currentTarget as HTMLElement | null)?.parentElement?.querySelector('.seed');
  if (shown) getSelection()?.selectAllChildren(shown);
}

/** Renders a fill's settings, its seed, and the buttons that choose them again. */
export function recipe(record: FillRecord) {
  const ask = (use: RecipeEvent['ask']) => (event: Event) =>
    event.currentTarget?.dispatchEvent(new RecipeEvent(use));
  const copy = msg(str`Copy seed ${record.seed}`);
  return html`<p class="quiet numbers" data-testid="recipe">${recipeText(record)}</p>
    <div class="actions">
      <span class="quiet numbers"
        >${msg('Seed')} <span class="seed" data-testid="seed-of-fill">${record.seed}</span></span
      >
      <sp-action-button
        quiet
        size="s"
        data-testid="copy-seed"
        label=${copy}
        title=${copy}
        @click=${(event: Event) => void copySeed(record, event)}
        ><sp-icon-copy slot="icon"></sp-icon-copy
      ></sp-action-button>
    </div>
    <div class="actions">
      <sp-action-button
        size="s"
        data-testid="use-seed"
        @click=${ask((session) => session.useSeed(record))}
        >${msg('Reuse seed')}</sp-action-button
      >
      ${
        record.settings === ''
          ? nothing
          : html`<sp-action-button
              size="s"
              data-testid="use-settings"
              @click=${ask((session) => session.useSettings(record))}
              >${msg('Reuse settings')}</sp-action-button
            >`
      }
    </div>`;
}

declare global {
  interface HTMLElementEventMap {
    'repaint-recipe': RecipeEvent;
  }
}
