/** One number of the advanced settings: a label, a field, and why it does not apply. */
import { css, html, nothing } from 'lit';
import '@spectrum-web-components/field-label/sp-field-label.js';
import '@spectrum-web-components/number-field/sp-number-field.js';
import type { NumberField } from '@spectrum-web-components/number-field';

/** Also of `.fields`, the rows of one section. */
export const numberRowStyles = css`
  .fields {
    display: grid;
    gap: 12px;
    padding-bottom: 8px;
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 104px;
    align-items: center;
    gap: 0 8px;
  }
  .row .quiet {
    grid-column: 1 / -1;
  }
  .row sp-number-field {
    --mod-stepper-width: 104px;
    width: 104px;
  }
`;

export interface NumberRow {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Set when the number has no effect; the field is disabled and says so. */
  readonly notUsed?: string | null;
  readonly onChange: (value: number) => void;
}

/** Renders a row; an emptied field keeps the last value. */
export function numberRow({ id, label, value, min, max, step = 1, notUsed, onChange }: NumberRow) {
  const changed = (event: Event) => {
    const field = event.target as NumberField;
    if (Number.isFinite(field.value)) onChange(field.value);
    else field.value = value;
  };
  return html`
    <div class="row">
      <sp-field-label for=${id} side-aligned="start">${label}</sp-field-label>
      <sp-number-field
        id=${id}
        data-testid=${id}
        size="s"
        .value=${value}
        .min=${min}
        .max=${max}
        .step=${step}
        .formatOptions=${{ useGrouping: false, maximumFractionDigits: 2 }}
        ?disabled=${Boolean(notUsed)}
        title=${notUsed ?? nothing}
        @change=${changed}
      ></sp-number-field>
      ${notUsed ? html`<p class="quiet">${notUsed}</p>` : nothing}
    </div>
  `;
}
