/** Figures as SVG, through Vega-Lite: means with their intervals. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { measureWords, type MeasureName } from './measures.js';
import type { TableRow } from './tables.js';

/** Readable on a light page and on a dark one. */
const grey = '#808080';
const config = {
  background: 'transparent',
  axis: {
    labelColor: grey,
    titleColor: grey,
    gridColor: grey,
    gridOpacity: 0.3,
    domainColor: grey,
  },
  header: { labelColor: grey, titleColor: grey },
  legend: { labelColor: grey, titleColor: grey },
  view: { stroke: null },
} as const;

async function svg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** A point for each method with its interval, a panel for each mask. */
export function intervalFigure(rows: readonly TableRow[], measure: MeasureName): Promise<string> {
  const { title } = measureWords[measure];
  const masks = [...new Set(rows.map(({ mask }) => mask))];
  const methods = [...new Set(rows.map(({ method }) => method))];
  const y = { field: 'method', type: 'nominal', sort: methods, title: null } as const;
  const x = { type: 'quantitative', scale: { zero: false } } as const;
  return svg({
    config,
    data: { values: rows.map((row) => ({ ...row })) },
    facet: { field: 'mask', type: 'nominal', sort: masks, title: null },
    columns: 3,
    spec: {
      width: 200,
      height: { step: 18 },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: {
            y,
            x: { ...x, field: 'low', title },
            x2: { field: 'high' },
            color: { field: 'method', type: 'nominal', sort: methods, legend: null },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 50 },
          encoding: {
            y,
            x: { ...x, field: 'mean' },
            color: { field: 'method', type: 'nominal', sort: methods, legend: null },
          },
        },
      ],
    },
  });
}

/** A measure over the network calls it took, each with its interval. */
export interface CurvePoint extends TableRow {
  readonly calls: number;
}

/** Calls on a logarithmic axis, a panel for each mask. */
export function curveFigure(points: readonly CurvePoint[], measure: MeasureName): Promise<string> {
  const x = {
    field: 'calls',
    type: 'quantitative',
    scale: { type: 'log' },
    title: 'network calls',
  } as const;
  const y = { type: 'quantitative', scale: { zero: false } } as const;
  const { title } = measureWords[measure];
  return svg({
    config,
    data: { values: points.map((point) => ({ ...point })) },
    facet: {
      field: 'mask',
      type: 'nominal',
      sort: [...new Set(points.map(({ mask }) => mask))],
      title: null,
    },
    columns: 3,
    spec: {
      width: 220,
      height: 150,
      layer: [
        {
          mark: { type: 'rule' },
          encoding: { x, y: { ...y, field: 'low', title }, y2: { field: 'high' } },
        },
        { mark: { type: 'line', point: true }, encoding: { x, y: { ...y, field: 'mean' } } },
      ],
    },
  });
}
