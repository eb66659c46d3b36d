/** Styles the panel's elements share; colours come from Spectrum's tokens, so both themes follow. */
import { css } from 'lit';

export const shared = css`
  :host {
    display: block;
    color: var(--spectrum-neutral-content-color-default);
    font-family: var(--spectrum-sans-font-family-stack, system-ui, sans-serif);
    font-size: 14px;
    line-height: 1.5;
  }
  :host([hidden]) {
    display: none;
  }
  /* Its code is on the way: see later.ts. */
  :not(:defined) {
    visibility: hidden;
  }
  * {
    box-sizing: border-box;
  }
  h1,
  p,
  h2,
  h3 {
    margin: 0;
  }
  h2,
  h3 {
    font-size: 14px;
    font-weight: 700;
  }
  .quiet {
    color: var(--spectrum-neutral-subdued-content-color-default);
    font-size: 12px;
  }
  .card {
    background: var(--repaint-card-color);
    border: 1px solid var(--spectrum-gray-200);
    border-radius: 12px;
    overflow: hidden;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none;
      transition: none;
      scroll-behavior: auto;
    }
  }
  .numbers {
    font-variant-numeric: tabular-nums;
  }
`;
