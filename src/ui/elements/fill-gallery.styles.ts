/** Styles of the gallery: four pictures a row, the shown one framed and ticked, nothing over the fills. */
import { css } from 'lit';

export const galleryStyles = css`
  section {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 8px;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(58px, 1fr));
    gap: 8px;
  }
  button {
    display: block;
    min-width: 0;
    padding: 0;
    border: 0;
    border-radius: 10px;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  button[aria-checked='true'] :is(img, .blank) {
    outline: 2px solid var(--spectrum-neutral-content-color-default);
    outline-offset: 1px;
  }
  button[data-looked]:not([aria-checked='true']) :is(img, .blank) {
    outline: 2px dashed var(--spectrum-neutral-subdued-content-color-default);
    outline-offset: 1px;
  }
  button:focus-visible {
    outline: 3px solid var(--spectrum-focus-indicator-color, #4b75ff);
    outline-offset: 2px;
  }
  img,
  .blank {
    display: block;
    width: 100%;
    aspect-ratio: 1;
    object-fit: cover;
    border: 1px solid var(--spectrum-gray-300);
    border-radius: 10px;
    background: var(--spectrum-gray-100);
  }
  .title {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 2px;
    overflow: hidden;
    font-size: 12px;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
  }
  .about {
    display: grid;
    gap: 4px;
    padding: 4px 0;
    border-block: 1px solid var(--spectrum-gray-200);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
  }
  .row :is(h3, input) {
    flex: 1 1 72px;
    min-width: 0;
  }
  input[type='range'] {
    margin: 0;
    accent-color: var(--spectrum-accent-color-900, #3b63fb);
  }
`;
