/** One visit of the panel: selection, model, choices, queue and gallery, tied together. */
import { planFill } from '../fill/plan.js';
import { compose, translation } from '../image/geometry.js';
import type { FillPlan, FillRequest, FillSettings } from '../protocol/fill.js';
import type { NewLayer } from '../protocol/sandbox-api.js';
import type { Backend } from '../protocol/worker-api.js';
import {
  firstChoices,
  parseChoices,
  settingsOf,
  type BackendChoice,
  type Choices,
} from './fill/choices.js';
import { FillQueue, type FillJob, type FinishedFill } from './fill/fill-queue.js';
import { ModelLink } from './fill/model-link.js';
import { randomSeeds, seedsFrom } from './fill/seeds.js';
import type { WorkerPort } from './fill/worker-port.js';
import { FillGallery, jobIdFor } from './gallery/fill-gallery.js';
import { fillThumbnail } from './gallery/thumbnail.js';
import type { Kept } from './host/kept.js';
import type { SandboxClient, SelectionBell } from './host/sandbox-client.js';
import { Observed } from './observed.js';
import type { Problem } from './problem.js';
import type { PixelSource } from './selection/pixels.js';
import type { Region } from './selection/region.js';
import { SelectionWatch } from './selection/selection-watch.js';

/** Everything outside the panel, handed in. */
export interface SessionPorts {
  readonly sandbox: SandboxClient;
  readonly bell: SelectionBell;
  readonly pixels: PixelSource;
  readonly kept: Kept;
  readonly startWorker: () => WorkerPort;
  /** Absolute URL of the model's `model.json`. */
  readonly manifestUrl: string;
}

const choicesKey = 'choices';

function backendOf(choice: BackendChoice): Backend | null {
  return choice === 'automatic' ? null : choice;
}

export type PlanState =
  | { readonly kind: 'none' }
  | { readonly kind: 'planned'; readonly plan: FillPlan }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** The panel's state; elements read it and call its methods. */
export class Session extends Observed {
  choices: Choices = firstChoices;
  /** What is wrong with the connection to the host, if anything. */
  hostProblem: Problem | null = null;
  readonly selection: SelectionWatch;
  readonly model: ModelLink;
  readonly queue: FillQueue;
  readonly gallery: FillGallery;

  constructor(private readonly _ports: SessionPorts) {
    super();
    const { sandbox, pixels, kept, startWorker, manifestUrl } = _ports;
    this.selection = new SelectionWatch(sandbox, pixels);
    this.model = new ModelLink(startWorker, { kind: 'shipped', manifestUrl });
    this.gallery = new FillGallery(sandbox, kept);
    this.queue = new FillQueue({
      post: (message) => this.model.post(message),
      giveUp: () => this.model.restart({ code: 'workerCrashed' }),
      filled: (fill) => void this._addLayer(fill),
    });
    this.model.onJobMessage = (message) => this.queue.receive(message);
    this.model.onLost = (problem, isReplaced) => this.queue.workerLost(problem, isReplaced);
    for (const part of [this.selection, this.model, this.queue, this.gallery]) {
      part.subscribe(() => this.changed());
    }
  }

  /** Starts the model's loading, then reads the selection and the fills on the page. */
  async start(): Promise<void> {
    this.choices = parseChoices(await this._ports.kept.read(choicesKey));
    this.changed();
    this.model.start(backendOf(this.choices.backend));
    this._ports.bell.onRing = () => {
      this.selection.changedSoon();
      void this.gallery.refresh();
    };
    await Promise.all([this.selection.read(), this.gallery.restore()]);
  }

  get region(): Region | null {
    return this.selection.state.kind === 'ready' ? this.selection.state.region : null;
  }

  /** What a fill of the marked region would do; none before region and model are known. */
  get plan(): PlanState {
    const { region } = this;
    return region ? this._planFor(region, settingsOf(this.choices)) : { kind: 'none' };
  }

  /** Changes what the user has chosen, and remembers it. */
  choose(choices: Choices): void {
    const hasNewBackend = choices.backend !== this.choices.backend;
    this.choices = choices;
    this.changed();
    void this._ports.kept.write(choicesKey, choices);
    if (hasNewBackend && this.queue.jobs.length === 0) this.restartModel();
  }

  restartModel(): void {
    this.model.start(backendOf(this.choices.backend));
  }

  /** Fills the marked region as chosen. */
  fill(): void {
    const { seed, fills } = this.choices;
    this._enqueue(this.region, seed === null ? randomSeeds(fills) : seedsFrom(seed, fills));
  }

  /** Fills the marked region with seeds not used before. */
  fillAgain(): void {
    this._enqueue(this.region, randomSeeds(this.choices.fills));
  }

  /** Goes on with an interrupted job, on a new worker where there is none. */
  resume(jobId: string): void {
    if (this.model.state.kind === 'failed') this.restartModel();
    this.queue.resume(jobId);
  }

  private _planFor(region: Region, settings: FillSettings): PlanState {
    const model = this.model.state;
    if (model.kind !== 'ready') return { kind: 'none' };
    try {
      const { raster: imageSize, maskBounds } = region;
      const plan = planFill({ imageSize, maskBounds, card: model.card, settings });
      return { kind: 'planned', plan };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { kind: 'refused', problem: { code: 'settingsRefused', detail } };
    }
  }

  private _enqueue(region: Region | null, seeds: readonly number[]): void {
    if (!region) return;
    const settings = settingsOf(this.choices);
    const planned = this._planFor(region, settings);
    if (planned.kind !== 'planned') return;
    const { plan } = planned;
    const request: FillRequest = {
      jobId: jobIdFor(region.id, crypto.randomUUID()),
      plan,
      settings,
      source: region.raster.read(plan.contextBounds),
      selection: region.coverage(plan.contextBounds),
      seeds,
    };
    this.gallery.touch(region.id);
    this._rememberOriginal(region);
    this.queue.add(region, request);
  }

  private _rememberOriginal(region: Region): void {
    void fillThumbnail(region, null).then((url) => {
      this.gallery.originals.set(region.id, url);
      this.changed();
    });
  }

  private async _addLayer({ job, seed, png }: FinishedFill): Promise<void> {
    const { region } = job;
    const { x, y, width, height } = region.maskBounds;
    const layer: NewLayer = {
      targetId: region.target.id,
      png,
      pixelsToPage: compose(region.raster.pixelsToPage, translation(x, y)),
      size: { width, height },
      record: this._record(job, seed),
    };
    // A fill without a picture in the gallery is still a fill.
    const thumbnail = await fillThumbnail(region, png).catch(() => '');
    await this.gallery.add(layer, thumbnail);
  }

  private _record({ id, region, request }: FillJob, seed: number): NewLayer['record'] {
    const { state } = this.model;
    const card = state.kind === 'ready' ? state.card : null;
    return {
      targetId: region.target.id,
      jobId: id,
      seed,
      modelId: card?.id ?? '',
      modelSha256: card?.checkpoint.sha256 ?? '',
      settings: JSON.stringify(request.settings),
    };
  }
}
