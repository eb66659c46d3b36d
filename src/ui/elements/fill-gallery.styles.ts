/** Styles of the gallery: three pictures a row, the shown one framed and ticked. */
import { css } from 'lit';

export const galleryStyles = css`
  section {
    display: grid;
    gap: 8px;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 8px;
  }
  button {
    position: relative;
    display: block;
    aspect-ratio: 1;
    padding: 0;
    border: 1px solid var(--spectrum-gray-300);
    border-radius: 10px;
    overflow: hidden;
    background: var(--spectrum-gray-100);
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  button[aria-checked='true'] {
    outline: 2px solid var(--spectrum-neutral-content-color-default);
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
    height: 100%;
    object-fit: cover;
  }
  .title {
    position: absolute;
    left: 4px;
    bottom: 4px;
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 0 6px;
    border-radius: 6px;
    background: rgb(0 0 0 / 72%);
    color: #fff;
    font-size: 12px;
  }
  .title sp-icon-checkmark {
    color: #fff;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
`;
