/** Layout of the panel as the host's guidelines ask: 24 px around, 16 px between. */
import { css } from 'lit';

export const panelStyles = css`
  sp-theme[color='light'] {
    --repaint-panel-color: #fff;
    --repaint-card-color: #f6f6f6;
  }
  sp-theme[color='dark'] {
    --repaint-panel-color: #1d1d1d;
    --repaint-card-color: #262626;
  }
  sp-theme {
    display: block;
    min-height: 100vh;
    background: var(--repaint-panel-color);
  }
  main {
    display: grid;
    gap: 16px;
    align-content: start;
    min-width: 0;
    max-width: 480px;
    margin: 0 auto;
    padding: 24px;
    color: var(--spectrum-neutral-content-color-default);
  }
  main[hidden] {
    display: none;
  }
  main > * {
    min-width: 0;
  }
  .dock {
    position: sticky;
    bottom: 0;
    z-index: 1;
    display: grid;
    gap: 8px;
    margin: 0 -24px -24px;
    padding: 10px 16px;
    background: var(--repaint-panel-color);
    border-top: 1px solid var(--spectrum-gray-200);
  }
  @media (max-height: 240px) {
    .dock {
      position: static;
    }
  }
  repaint-fill-gallery {
    scroll-margin-top: 12px;
  }
  .start {
    display: grid;
    gap: 6px;
  }
  .start sp-button {
    width: 100%;
  }
  .start p {
    text-align: center;
  }
  .waiting {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
  }
  .privacy {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
  }
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (max-width: 280px) {
    main {
      padding: 12px;
    }
    .dock {
      margin: 0 -12px -12px;
      padding: 8px 12px;
    }
  }
  /* Spectrum's components take their times from these, in all their shadow roots. */
  @media (prefers-reduced-motion: reduce) {
    sp-theme {
      --spectrum-animation-duration-100: 0ms;
      --spectrum-animation-duration-200: 0ms;
      --spectrum-animation-duration-300: 0ms;
      --spectrum-animation-duration-400: 0ms;
      --spectrum-animation-duration-500: 0ms;
      --spectrum-animation-duration-600: 0ms;
      --spectrum-animation-duration-700: 0ms;
      --spectrum-animation-duration-800: 0ms;
      --spectrum-animation-duration-900: 0ms;
      --spectrum-animation-duration-1000: 0ms;
      --spectrum-animation-duration-2000: 0ms;
      --spectrum-animation-duration-4000: 0ms;
      --spectrum-animation-duration-6000: 0ms;
    }
  }
`;
