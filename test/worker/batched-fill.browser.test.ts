import { expect, test } from 'vitest';
import type { WebRuntime } from '../../src/engine/web-runtime.js';
import { runFill, type CallEvent } from '../../src/fill/run.js';
import type { FillRuntime } from '../../src/fill/runtime.js';
import type { RgbaImage } from '../../src/image/raster.js';
import type { FillSnapshot } from '../../src/protocol/fill.js';
import { gpuAdapterName, report } from '../engine/browser-setup.js';
import { loadRuntime } from '../engine/load-runtime.js';
import { serveTinyModel } from '../engine/tiny-model.js';
import { smallRequest, smallSettings } from './small-request.js';

async function load(): Promise<WebRuntime> {
  return loadRuntime(await serveTinyModel(16), { backend: 'webgpu', precision: 'float32' });
}

/** The same machine, with a batch that is not left to measurement. */
function making(images: number, web: WebRuntime): FillRuntime {
  return {
    card: web.card,
    chooseBatch: () => Promise.resolve(images),
    rejectBatch: () => Promise.resolve(),
    createState: (setup) => web.createState(setup),
  };
}

test.skipIf(!gpuAdapterName)(
  `on WebGPU fills made at once are previewed, kept in a snapshot and resumed (${gpuAdapterName})`,
  async () => {
    const web = await load();
    const request = smallRequest(web.card, 'a', [7, 8], smallSettings);
    const run = async (images: number, resume: FillSnapshot | null) => {
      const layers: RgbaImage[] = [];
      const calls: CallEvent[] = [];
      let previews: readonly RgbaImage[] = [];
      let snapshot: FillSnapshot | null = null;
      for await (const event of runFill(request, making(images, web), resume)) {
        if (event.kind === 'filled') layers.push(event.layer);
        else if (calls.push(event) === 3) {
          previews = await event.preview();
          snapshot = await event.snapshot();
        }
      }
      return { layers, calls, previews, snapshot };
    };
    const together = await run(2, null);
    expect(together.calls).toHaveLength(request.plan.nfe);
    expect(together.previews.map(({ width, height }) => [width, height])).toEqual([
      [16, 16],
      [16, 16],
    ]);
    expect(together.previews[0].data).not.toEqual(together.previews[1].data);
    expect(together.snapshot).toMatchObject({ images: 2, group: { fills: 2, batches: [2] } });

    const rest = await run(1, structuredClone(together.snapshot));
    expect(rest.calls[0]).toMatchObject({ batch: 2, nfe: 2 * 4 });
    expect(rest.layers).toEqual(together.layers);

    const alone = await run(1, null);
    expect(alone.layers.length).toBe(2);
    const differences = alone.layers.flatMap(({ data }, k) =>
      Array.from(data, (level, i) => Math.abs(level - together.layers[k].data[i])),
    );
    report(`largest difference of a fill in a batch: ${Math.max(...differences)} of 255`);
    // 1e-5 a call where another batch is summed in another order: a level only at a rounding edge.
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    await web.release();
  },
);
