/** Icons of the layers list, 16 px, in the text's colour. */
import { svg } from 'lit';

const paths = {
  shown: 'M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8Zm7 2a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  hidden:
    'M2 2l12 12M1 8s2.5-4.5 7-4.5c1 0 2 .2 2.800.6M15 8s-2.500 4.500-7 4.500c-1 0-2-.2-2.800-.6',
  locked: 'M4 7h8v6H4V7Zm2 0V5a2 2 0 0 1 4 0v2',
  unlocked: 'M4 7h8v6H4V7Zm2 0V4a2 2 0 0 1 4 0',
  up: 'M8 13V4M4.500 7 8 3.500 11.500 7',
  down: 'M8 3v9M4.500 9 8 12.500 11.500 9',
  remove: 'M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500l.6 8.500h5.800l.6-8.500',
} as const;

export type IconName = keyof typeof paths;

/** Returns an icon; the button around it carries the label. */
export function icon(name: IconName) {
  const line = svg`<path d=${paths[name]} fill="none" stroke="currentColor" stroke-width="1.3"
    stroke-linecap="round" stroke-linejoin="round" />`;
  return svg`<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">${line}</svg>`;
}
