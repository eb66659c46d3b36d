/** Styles of one model's card. */
import { css } from 'lit';

export const modelCardStyles = css`
  article {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    padding: 12px;
    overflow-wrap: anywhere;
  }
  article[data-in-use] {
    border-color: var(--spectrum-neutral-content-color-default);
  }
  header {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 8px;
  }
  .in-use {
    display: inline-flex;
    flex: none;
    align-items: center;
    gap: 4px;
    font-size: 12px;
    font-weight: 600;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 4px;
  }
  .question {
    font-weight: 600;
  }
  summary {
    width: fit-content;
    border-radius: 4px;
    font-size: 13px;
    cursor: pointer;
  }
  summary:focus-visible {
    outline: 2px solid var(--spectrum-focus-indicator-color, #4b75ff);
    outline-offset: 2px;
  }
  dl {
    display: grid;
    gap: 2px;
    margin: 6px 0 0;
    font-size: 12px;
  }
  dt {
    font-weight: 600;
  }
  dd {
    margin: 0 0 6px;
  }
`;
