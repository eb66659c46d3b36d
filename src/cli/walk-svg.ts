/** Draws walks: the noise level t over the transitions. */
import type { WalkPlan } from '../core/walk.js';

const width = 720;
const height = 170;
const margin = { left: 60, right: 16, top: 34, bottom: 30 };

/** A panel's heading and plan. */
export interface WalkPanel {
  readonly title: string;
  readonly plan: WalkPlan;
}

/** The labels visited, first to last; -1 is the clean image. */
export function visitedLabels(plan: WalkPlan): number[] {
  const after = plan.transitions.map(({ kind, t }) => (kind === 'denoise' ? t - 1 : t));
  return [plan.startLabel, ...after];
}

/** Indices at which the walk turns, and its two ends: all that a line needs. */
export function turningPoints(labels: readonly number[]): number[] {
  const step = (i: number) => labels[i + 1] - labels[i];
  return labels
    .map((_, i) => i)
    .filter((i) => i === 0 || i === labels.length - 1 || step(i) !== step(i - 1));
}

/** Says what a plan costs in one line. */
export function describePlan({ settings, nfe, undoSteps }: WalkPlan): string {
  const { sampler, numInferenceSteps: steps, jumpLength, resamplings } = settings;
  const number = (value: number) => value.toLocaleString('en');
  return (
    `${sampler}, T = ${steps}, j = ${jumpLength}, r = ${resamplings}: ` +
    `${number(nfe)} network calls, ${number(undoSteps)} undo steps`
  );
}

function text(x: number, y: number, anchor: string, content: string, name = 'tick'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${name}">${escaped}</text>`;
}

function panelSvg({ title, plan }: WalkPanel, index: number): string {
  const top = index * height + margin.top;
  const bottom = (index + 1) * height - margin.bottom;
  const right = width - margin.right;
  const labels = visitedLabels(plan);
  const last = labels.length - 1;
  const highest = plan.timesteps.length - 1;
  const x = (i: number) => margin.left + (i / Math.max(1, last)) * (right - margin.left);
  const y = (t: number) => bottom - ((t + 1) / (highest + 1)) * (bottom - top);
  const points = turningPoints(labels).map((i) => `${x(i).toFixed(1)},${y(labels[i]).toFixed(1)}`);
  return [
    text(margin.left, top - 12, 'start', title, 'title'),
    `<path class="axis" d="M${margin.left} ${top}V${bottom}H${right}"/>`,
    text(margin.left - 8, top + 4, 'end', `t = ${highest}`),
    text(margin.left - 8, bottom + 4, 'end', 'clean'),
    text(margin.left, bottom + 16, 'middle', '0'),
    text(right, bottom + 16, 'end', `${last.toLocaleString('en')} transitions`),
    `<polyline points="${points.join(' ')}"/>`,
  ].join('\n');
}

/**
 * Returns an SVG with one panel per walk, each on its own axes.
 * Units: x transitions, y label t from the clean image up.
 */
export function walksSvg(panels: readonly WalkPanel[]): string {
  const total = panels.length * height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img">`,
    '<title>Label t over the transitions of a walk</title>',
    '<style>text{font-family:sans-serif;fill:#444}.tick{font-size:11px}.title{font-size:13px}',
    '.axis{fill:none;stroke:#999}polyline{fill:none;stroke:#1473e6;stroke-linejoin:round}</style>',
    `<rect width="${width}" height="${total}" fill="#fff"/>`,
    ...panels.map(panelSvg),
    '</svg>\n',
  ].join('\n');
}
