/** A scriptable document sandbox: what is selected, and the layers the panel makes. */
import { identity, type Rect } from '../../src/image/geometry.js';
import type {
  AddLayerResult,
  FillLayer,
  NewLayer,
  RegionShape,
  SelectionReading,
  TargetImage,
} from '../../src/protocol/sandbox-api.js';
import type { SandboxClient } from '../../src/ui/host/sandbox-client.js';

export function rectangle({ x, y, width, height }: Rect): RegionShape {
  const path = `M ${x} ${y} h ${width} v ${height} h ${-width} Z`;
  const shape = { nodeId: 'shape', kind: 'rectangle', fillRule: 'nonzero' } as const;
  return { ...shape, path, localToPage: identity, isExact: true };
}

/** A photo of 400 x 300 units that fills its page. */
export const photo: TargetImage = {
  id: 'photo',
  mediaSize: { width: 400, height: 300 },
  mediaToPage: identity,
  crop: rectangle({ x: 0, y: 0, width: 400, height: 300 }),
  isLocked: false,
  page: { id: 'page', width: 400, height: 300 },
  artboardBounds: { x: 0, y: 0, width: 400, height: 300 },
};

export class FakeSandbox implements SandboxClient {
  reading: SelectionReading = {
    status: 'ready',
    target: photo,
    shapes: [rectangle({ x: 100, y: 60, width: 80, height: 60 })],
  };
  layers: FillLayer[] = [];
  added: NewLayer[] = [];
  /** The photo has been deleted. */
  isTargetGone = false;
  /** Rejects the next addLayer with this. */
  refusal: Error | null = null;

  hello = async () => ({ buildId: 'test', hasOriginalPixels: true });
  readSelection = async () => this.reading;
  readOriginalPixels = async (): Promise<Blob> => {
    throw new Error('the fake hands out no file');
  };
  addLayer = async (layer: NewLayer, onPage: boolean): Promise<AddLayerResult> => {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    if (this.isTargetGone && !onPage) return { status: 'targetGone' };
    this.added.push(layer);
    const id = `layer-${this.added.length}`;
    // Bottom to top: right above the photo, below the fills made before, or on top of the page.
    const added = { id, isVisible: true, record: layer.record };
    this.layers = onPage ? [...this.layers, added] : [added, ...this.layers];
    return { status: 'added', layerId: id };
  };
  showLayers = async (ids: readonly string[], visible: readonly string[]) => {
    this.layers = this.layers.map((layer) =>
      ids.includes(layer.id) ? { ...layer, isVisible: visible.includes(layer.id) } : layer,
    );
  };
  removeLayers = async (ids: readonly string[]) => {
    this.layers = this.layers.filter(({ id }) => !ids.includes(id));
  };
  keepLayers = this.removeLayers;
  listLayers = async () => this.layers;

  get shown(): string[] {
    return this.layers.filter(({ isVisible }) => isVisible).map(({ id }) => id);
  }
}
