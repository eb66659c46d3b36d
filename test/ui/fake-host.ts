/** A scriptable document sandbox: what is selected, and the layers the panel makes. */
import { identity, type Rect } from '../../src/image/geometry.js';
import {
  regionIdOf,
  type AddLayerResult,
  type Backdrop,
  type FillLayer,
  type NewLayer,
  type NotAdded,
  type PageContent,
  type PageEdit,
  type RegionMarker,
  type RegionShape,
  type SelectionProblem,
  type SelectionReading,
  type TargetImage,
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
  opacity: 1,
  kept: [],
  isLocked: false,
  page: { id: 'page', width: 400, height: 300 },
  artboardBounds: { x: 0, y: 0, width: 400, height: 300 },
};

export const backdrop: Backdrop = { page: photo.page, key: 'page', isCluttered: false };

/** Two more pieces of a reading, for tests that select otherwise. */
export function marked(shape: RegionShape): SelectionReading {
  return { status: 'ready', target: photo, shapes: [shape], backdrop };
}

export function refused(
  problem: SelectionProblem,
  target: TargetImage | null = null,
): SelectionReading {
  return { status: 'problem', problem, target, backdrop };
}

export class FakeSandbox implements SandboxClient {
  reading = marked(rectangle({ x: 100, y: 60, width: 80, height: 60 }));
  pageId = photo.page.id;
  layers: FillLayer[] = [];
  markers: RegionMarker[] = [];
  added: NewLayer[] = [];
  edits: PageEdit[] = [];
  /** Why the image takes no fills now. */
  notAdded: NotAdded | null = null;
  /** Rejects the next addLayer with this. */
  refusal: Error | null = null;

  hello = async () => ({ buildId: 'test', hasOriginalPixels: true });
  readSelection = async () => this.reading;
  readOriginalPixels = async (): Promise<Blob> => {
    throw new Error('the fake hands out no file');
  };
  clearView = async () => undefined;
  restoreView = async () => ({ pageId: this.pageId, restored: 0 });
  addLayer = async (layer: NewLayer, place: string): Promise<AddLayerResult> => {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    if (this.notAdded && place === 'aboveImage') return { status: this.notAdded };
    this.added.push(layer);
    const number = this.added.length;
    const id = `layer-${number}`;
    const record = { ...layer.record, number };
    const region = regionIdOf(record.jobId);
    this.layers = [
      ...this.layers.map((it) =>
        regionIdOf(it.record.jobId) === region && !it.isKept ? { ...it, isVisible: false } : it,
      ),
      { id, isVisible: true, isKept: false, isStarred: false, record },
    ];
    return { status: 'added', layerId: id };
  };
  editPage = async (edit: PageEdit) => {
    this.edits.push(edit);
    const { show = [], hide = [], keep = [], star = [], unstar = [], remove = [], mark } = edit;
    const seen = <T extends { isVisible: boolean }>(id: string, it: T): T => ({
      ...it,
      isVisible: (it.isVisible || show.includes(id)) && !hide.includes(id),
    });
    this.layers = this.layers
      .filter(({ id }) => !remove.includes(id))
      .map((it) => ({
        ...it,
        isKept: it.isKept || keep.includes(it.id),
        isStarred: (it.isStarred || star.includes(it.id)) && !unstar.includes(it.id),
      }))
      .map((it) => seen(it.id, it));
    for (const nodeId of mark?.nodeIds ?? []) {
      const others = this.markers.filter((marker) => marker.nodeId !== nodeId);
      this.markers = [...others, { nodeId, regionId: mark!.regionId, isVisible: true }];
    }
    this.markers = this.markers
      .filter(({ nodeId }) => !remove.includes(nodeId))
      .map((marker) => seen(marker.nodeId, marker));
  };
  readPage = async (): Promise<PageContent> => ({
    pageId: this.pageId,
    fills: this.layers,
    markers: this.markers,
  });

  get shown(): string[] {
    return this.layers.filter(({ isVisible }) => isVisible).map(({ id }) => id);
  }
}
