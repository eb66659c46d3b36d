/** The small outlined button of cards and notices. */
import { html, type TemplateResult } from 'lit';
import '@spectrum-web-components/button/sp-button.js';

export function smallButton(
  testId: string,
  label: string,
  onClick: (event: Event) => void,
  isDisabled = false,
): TemplateResult {
  return html`<sp-button
    slot="actions"
    data-testid=${testId}
    size="s"
    variant="secondary"
    treatment="outline"
    ?disabled=${isDisabled}
    @click=${onClick}
    >${label}</sp-button
  >`;
}
