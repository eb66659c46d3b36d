/** Draws walks: the noise level t over the transitions. */
import type { WalkPlan } from '../core/walk.js';

const width = 720;
const height = 150;
const margin = { left: 44, right: 12, top: 30, bottom: 26 };

/** A panel's heading and plan. */
export interface WalkPanel {
  readonly title: string;
  readonly plan: WalkPlan;
}

/** Labels visited, as base steps, so that panels of different chains compare; -1 = clean. */
function baseSteps({ plan }: WalkPanel): number[] {
  const at = (label: number) => (label < 0 ? 0 : plan.timesteps[label]);
  const after = plan.transitions.map(({ kind, t }) => at(kind === 'denoise' ? t - 1 : t));
  return [at(plan.startLabel), ...after];
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function panelSvg(panel: WalkPanel, index: number, longest: number, highest: number): string {
  const top = index * height + margin.top;
  const bottom = (index + 1) * height - margin.bottom;
  const right = width - margin.right;
  const steps = baseSteps(panel);
  const x = (i: number) => margin.left + (i / longest) * (right - margin.left);
  const y = (t: number) => bottom - (t / highest) * (bottom - top);
  const points = steps.map((t, i) => `${x(i).toFixed(1)},${y(t).toFixed(1)}`).join(' ');
  const text = (at: string, content: string) => `<text ${at}>${escapeText(content)}</text>`;
  return [
    text(`x="${margin.left}" y="${top - 10}" class="title"`, panel.title),
    `<path class="axis" d="M${margin.left} ${top}V${bottom}H${right}"/>`,
    text(`x="${margin.left - 6}" y="${top + 4}" text-anchor="end"`, String(highest)),
    text(`x="${margin.left - 6}" y="${bottom}" text-anchor="end"`, '0'),
    text(
      `x="${x(steps.length - 1).toFixed(1)}" y="${bottom + 15}" text-anchor="${steps.length > longest / 2 ? 'end' : 'middle'}"`,
      `${steps.length - 1}`,
    ),
    `<polyline points="${points}"/>`,
  ].join('\n');
}

/**
 * Returns an SVG with one panel per walk, all on the same axes.
 * Units: x transitions, y base timestep the state's noise level belongs to.
 */
export function walksSvg(panels: readonly WalkPanel[]): string {
  const all = panels.map(baseSteps);
  const longest = Math.max(1, ...all.map((steps) => steps.length - 1));
  const highest = Math.max(1, ...all.map((steps) => Math.max(...steps)));
  const total = panels.length * height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" role="img">`,
    '<title>Timestep over the transitions of a walk</title>',
    '<style>text{font:11px sans-serif;fill:#555}.title{font-size:13px;fill:#222}',
    '.axis{fill:none;stroke:#999}polyline{fill:none;stroke:#1473e6;stroke-linejoin:round}</style>',
    `<rect width="${width}" height="${total}" fill="#fff"/>`,
    ...panels.map((panel, i) => panelSvg(panel, i, longest, highest)),
    '</svg>\n',
  ].join('\n');
}

/** Says what a plan costs in one line. */
export function describePlan({ settings, nfe, undoSteps }: WalkPlan): string {
  const { sampler, numInferenceSteps: steps, jumpLength, resamplings } = settings;
  return (
    `${sampler}, T = ${steps}, j = ${jumpLength}, r = ${resamplings}: ` +
    `${nfe.toLocaleString('en')} network calls, ${undoSteps.toLocaleString('en')} undo steps`
  );
}
