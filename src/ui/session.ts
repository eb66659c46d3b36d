/** One visit of the panel: selection, model, choices, queue and gallery, tied together. */
import { compose, translation } from '../image/geometry.js';
import { digitalSource, withProvenance } from './gallery/provenance.js';
import type { FillPlan, FillRequest } from '../protocol/fill.js';
import type { RgbaImage } from '../image/raster.js';
import type { FillRecord, NewLayer } from '../protocol/sandbox-api.js';
import { chosenFill } from './fill/chosen-fill.js';
import {
  firstChoices,
  parseChoices,
  recordedSettings,
  withKnownClass,
  withSettings,
  type Choices,
} from './fill/choices.js';
import { FillJournal } from './fill/fill-journal.js';
import {
  FillQueue,
  fromNoise,
  type FillJob,
  type FillModel,
  type FinishedFill,
  type Origin,
} from './fill/fill-queue.js';
import { ModelLink, type JobMessage } from './fill/model-link.js';
import { firstPhotoPace } from '../fill/cost.js';
import { Pace, parsePace } from './fill/estimate.js';
import { PlanAhead } from './fill/plan-ahead.js';
import {
  planner,
  planState,
  presetTimes,
  type PlanState,
  type PresetTimes,
} from './fill/plan-state.js';
import { randomSeeds, seedsFrom } from './fill/seeds.js';
import { Turn } from './fill/turn.js';
import { Watchdog } from './fill/watchdog.js';
import type { WorkerPort } from './fill/worker-port.js';
import { FillGallery } from './gallery/fill-gallery.js';
import { FillHistory } from './gallery/history.js';
import { jobIdFor, type GalleryFill } from './gallery/fill-sets.js';
import { fillThumbnail, regionThumbnail } from './gallery/thumbnail.js';
import type { Journal } from './host/journal.js';
import type { SandboxClient, SelectionBell } from './host/sandbox-client.js';
import { PanelModels, type LibraryPorts } from './models/panel-models.js';
import { KeptMarks } from './marking/kept-marks.js';
import { Observed } from './observed.js';
import type { Problem } from './problem.js';
import type { PixelSource } from './selection/pixels.js';
import { isExpanded } from './selection/expansion.js';
import { opaqueCells } from './selection/opaque-cells.js';
import { pixelsOf } from './selection/raster.js';
import { filledRegion, type FilledRegion, type Region } from './selection/region.js';
import { SelectionWatch } from './selection/selection-watch.js';

/** Everything outside the panel, handed in. */
export interface SessionPorts extends LibraryPorts {
  readonly sandbox: SandboxClient;
  readonly bell: SelectionBell;
  readonly pixels: PixelSource;
  readonly startWorker: () => WorkerPort;
  readonly journal: Journal;
  /** null where the host does not name it. */
  readonly documentId: string | null;
  /** Of the add-on, as it signs its fills. */
  readonly version: string;
}

const choicesKey = 'choices';
const paceKey = 'photo-pace';
const closedKey = 'closed-notices';

function parseClosed(kept: unknown): readonly string[] {
  return Array.isArray(kept) ? kept.filter((name) => typeof name === 'string') : [];
}

/** What is left to the worker is null to it. */
function forced<T extends string>(choice: T): Exclude<T, 'automatic'> | null {
  return choice === 'automatic' ? null : (choice as Exclude<T, 'automatic'>);
}

/** A fill that others are to be like, and how far they may go from it, 0..1. */
interface Likeness {
  readonly fill: GalleryFill;
  readonly strength: number;
}

const anew = { chosen: null, origin: fromNoise };

/** Changes that only a new worker takes up. */
function isOtherLoad(a: Choices, b: Choices): boolean {
  return a.backend !== b.backend || a.precision !== b.precision || a.model?.id !== b.model?.id;
}

/** The panel's state; elements read it and call its methods. */
export class Session extends Observed {
  choices: Choices = firstChoices;
  /** What is wrong with the connection to the host, if anything. */
  hostProblem: Problem | null = null;
  /** Name of a chosen model that was not there any more, so that another is used. */
  lostModel: string | null = null;
  readonly selection: SelectionWatch;
  readonly model: ModelLink;
  readonly queue: FillQueue;
  readonly turn: Turn;
  readonly gallery: FillGallery;
  readonly history: FillHistory;
  readonly journal: FillJournal;
  readonly library: PanelModels;
  private readonly _plan = planner(planState);
  private readonly _times = planner(presetTimes);
  private _isStarting = false;
  /** The kept fills as they were last seen on the page; null before the first look. */
  private _keptSeen: string | null = null;
  private _pace = new Pace();
  /** Milliseconds a unit of the photo's levels, as last measured on this device. */
  photoPace = firstPhotoPace;
  /** Notices the user has closed. */
  closedNotices: readonly string[] = [];
  /** Regions whose marker is out of the way for a fill that is not there yet. */
  private readonly _awaited = new Map<string, readonly string[]>();

  constructor(private readonly _ports: SessionPorts) {
    super();
    const { sandbox, pixels, kept, startWorker } = _ports;
    const keptMarks = new KeptMarks(kept, _ports.documentId);
    this.selection = new SelectionWatch(sandbox, pixels, keptMarks);
    pixels.fillPng = (layerId) => this.gallery.pngs.get(layerId);
    this.model = new ModelLink(startWorker);
    this.library = new PanelModels(_ports);
    this.gallery = new FillGallery(sandbox, kept);
    this.history = new FillHistory(kept, this.gallery, _ports.documentId);
    this.queue = new FillQueue({
      post: (message) => this.turn.post(message),
      giveUp: () => this.model.restart({ code: 'workerCrashed' }),
      filled: (fill) => void this._addLayer(fill),
    });
    this.gallery.subscribe(() => this._lookAtKept());
    this.queue.subscribe(() => this._endAwaited());
    this.journal = new FillJournal(_ports.journal, this.queue, this.gallery, _ports.documentId);
    const watchdog = new Watchdog(() => this.model.restart({ code: 'workerSilent' }));
    this.model.onJobMessage = (message) => {
      watchdog.heard();
      this._measure(message);
      this.queue.receive(message);
    };
    this.turn = new Turn(
      (message) => this.model.post(message),
      (jobId) => this.queue.receive({ kind: 'done', jobId, outcome: 'cancelled' }),
    );
    this.queue.subscribe(() => {
      if (!this.queue.active && this.queue.waiting.length === 0) this.turn.end();
    });
    this.model.onLost = (problem, isReplaced) => {
      this.turn.forget();
      this.queue.workerLost(problem, isReplaced);
    };
    this.model.subscribe(() => this._modelChanged());
    const ahead = new PlanAhead((message) => this.model.post(message));
    this.subscribe(() =>
      ahead.look(this.plan, this.choices.fills, this.queue.active !== undefined),
    );
    this.subscribe(() => {
      const isAwaited = this.model.isIdle && !this.turn.isWaiting;
      watchdog.follow((isAwaited && this.queue.active) || null);
    });
    for (const part of [
      this.selection,
      this.queue,
      this.gallery,
      this.history,
      this.journal,
      this.turn,
      this.library,
    ]) {
      part.subscribe(() => this.changed());
    }
  }

  /** Starts the worker, and the loading of a model that takes part; then reads the selection and the fills on the page. */
  async start(): Promise<void> {
    const kept = await this._ports.kept.read(choicesKey);
    this.choices = parseChoices(kept);
    this.selection.expands = this.choices.expands;
    this.photoPace = parsePace(await this._ports.kept.read(paceKey));
    this.closedNotices = parseClosed(await this._ports.kept.read(closedKey));
    await this.library.restore();
    this.restartModel();
    this._ports.bell.onRing = () => {
      this.selection.changedSoon();
      void this.gallery.refresh();
    };
    // An earlier visit may have ended while things were set aside for a picture of the page.
    await this._ports.sandbox.restoreView().catch(() => undefined);
    await Promise.all([this.selection.read(), this.history.restore(), this.gallery.restore()]);
    await this.journal.restore();
    for (const { region, request, seedsLeft } of this.queue.interrupted) {
      const isUnseen = seedsLeft.length === request.seeds.length;
      if (isUnseen) this._awaited.set(region.id, region.markerIds);
    }
  }

  get version(): string {
    return this._ports.version;
  }

  get region(): Region | null {
    return this.selection.state.kind === 'ready' ? this.selection.state.region : null;
  }

  /** What a fill of the marked region would do; none before region and model are known. */
  get plan(): PlanState {
    return this._plan(this.region, this.choices, this.model.state);
  }

  /** How long the marked region's fills take by each preset. */
  get times(): PresetTimes {
    return this._times(this.region, this.choices, this.model.state, this.photoPace);
  }

  /** Changes what the user has chosen, and remembers it. */
  choose(choices: Choices): void {
    const needsLoad = isOtherLoad(choices, this.choices);
    this.choices = choices;
    if (choices.expands !== this.selection.expands) {
      this.selection.expands = choices.expands;
      void this.selection.read();
    }
    this.changed();
    void this._ports.kept.write(choicesKey, choices);
    if (needsLoad && !this.queue.active) this.restartModel();
    else if (choices.prior !== 'photo') this.model.load();
  }

  /** Closes a notice for good. */
  closeNotice(name: string): void {
    this.closedNotices = [...this.closedNotices, name];
    void this._ports.kept.write(closedKey, this.closedNotices);
    this.changed();
  }

  /**
   * Lets a model of the shelf take part in fills from now on; null is the one that comes with the
   * add-on.
   */
  useModel(id: string | null): void {
    const name = id === null ? null : this.library.shelf.card(id)?.name;
    if (name === undefined) return;
    this.lostModel = null;
    const { prior } = this.choices;
    this.choose({
      ...this.choices,
      model: id === null ? null : { id, name: name ?? id },
      prior: id !== null && prior === 'photo' ? 'both' : prior,
    });
  }

  /** Forgets a model; the one in use gives way to the one that comes with the add-on. */
  removeModel(id: string): Promise<void> {
    if (this.choices.model?.id === id) this.useModel(null);
    return this.library.remove(id);
  }

  restartModel(): void {
    const { model, backend, precision, prior } = this.choices;
    const source = this.library.source(model);
    const load = { model: source, backend: forced(backend), precision: forced(precision) };
    this.model.start(load, prior !== 'photo');
  }

  /** True while the marked region waits to be filled or is being filled: once is enough. */
  get isBeingFilled(): boolean {
    const { active, waiting } = this.queue;
    const id = this.region?.id;
    if (this._isStarting) return true;
    return [active, ...waiting].some((job) => job !== undefined && job.region.id === id);
  }

  /** Fills the marked region as chosen. */
  fill(): void {
    const { seed, fills } = this.choices;
    void this._start(seed === null ? randomSeeds(fills) : seedsFrom(seed, fills));
  }

  /** Fills the marked region with seeds not used before. */
  fillAgain(): void {
    void this._start(randomSeeds(this.choices.fills));
  }

  /** Fills the marked region as chosen, starting from a fill of it. */
  moreLike(fill: GalleryFill, strength: number): void {
    void this._start(randomSeeds(this.choices.fills), { fill, strength });
  }

  /** Chooses a fill's settings again, as far as its record has them. */
  useSettings({ settings }: FillRecord): void {
    const recorded = recordedSettings(settings);
    const { state } = this.model;
    if (!recorded) return;
    const choices = withSettings(this.choices, recorded);
    this.choose(state.kind === 'ready' ? withKnownClass(choices, state.card) : choices);
  }

  /** Fills begin with this seed from now on. */
  useSeed({ seed }: FillRecord): void {
    this.choose({ ...this.choices, seed });
  }

  /** Goes on with an interrupted job, on a new worker where there is none. */
  resume(jobId: string): void {
    const { state } = this.model;
    const job = this.queue.interrupted.find(({ id }) => id === jobId);
    const isByModel = job !== undefined && job.request.settings.prior !== 'photo';
    const isLoaded = state.kind === 'ready';
    const isOther = isByModel && isLoaded && state.card.checkpoint.sha256 !== job.model.sha256;
    if (job && isOther) this.choose({ ...this.choices, model: job.model.chosen });
    else if (state.kind === 'failed') this.restartModel();
    if (isByModel) this._loadFor(job.model.chosen);
    this.queue.resume(jobId);
  }

  /** A job's model, where none is loaded yet. */
  private _loadFor(model: FillModel['chosen']): void {
    if (this.model.state.kind !== 'unloaded') return;
    if (model?.id !== this.choices.model?.id) this.choose({ ...this.choices, model });
    this.model.load();
  }

  /** What a fill really took corrects the estimate of the next. */
  private _measure(message: JobMessage): void {
    if (message.kind === 'progress') return this._pace.hear(message.progress, performance.now());
    if (message.kind !== 'done') return;
    const job = this.queue.jobs.find(({ id }) => id === message.jobId);
    const { state } = this.model;
    if (job && message.outcome === 'complete') {
      const { plan, seeds } = job.request;
      const ms = state.kind === 'ready' ? this._pace.nativeMsPerCall(plan, state.card) : null;
      if (ms !== null) this.model.paceMeasured(ms);
      this._learnPhotoPace(this._pace.photoPace(plan, seeds.length));
    }
    this._pace = new Pace();
  }

  private _learnPhotoPace(pace: number | null): void {
    if (pace === null) return;
    this.photoPace = parsePace(pace);
    void this._ports.kept.write(paceKey, this.photoPace);
  }

  private _modelChanged(): void {
    const { state } = this.model;
    const { model } = this.choices;
    if (state.kind === 'ready') {
      this.library.loaded(state.card, state.msPerCall, state.device);
      this.choices = withKnownClass(this.choices, state.card);
    }
    const isGone = state.kind === 'failed' && state.problem.code === 'modelUnknown';
    if (isGone && model && this.queue.jobs.length === 0) {
      this.useModel(null);
      this.lostModel = model.name;
      // Another model is lost than the one whose notice was closed.
      this.closedNotices = this.closedNotices.filter((name) => name !== 'lost-model');
    }
    this.changed();
  }

  /** Takes the region's marker out of the way, reads its pixels anew, and asks for the fills. */
  private async _start(seeds: readonly number[], like: Likeness | null = null): Promise<void> {
    const { region } = this;
    if (!region || this.isBeingFilled) return;
    this._isStarting = true;
    this.changed();
    await this.gallery.mark(region.id, region.markerIds);
    await this.selection.read(true);
    this._awaited.set(region.id, region.markerIds);
    try {
      if (like) await this._enqueueLike(seeds, like);
      else this._enqueue(seeds);
    } catch (error) {
      this.gallery.failed(error);
    }
    this._isStarting = false;
    this._endAwaited();
    this.changed();
  }

  /** Kept fills are part of the picture: when they change, the region is read anew. */
  private _lookAtKept(): void {
    const fills = this.gallery.sets.flatMap((set) => set.fills).filter(({ isKept }) => isKept);
    const seen = fills.map(({ layerId, isShown }) => `${layerId} ${isShown}`).join();
    if (this._keptSeen !== null && seen !== this._keptSeen) this.selection.changedSoon();
    this._keptSeen = seen;
  }

  /** A region whose fills will not come gets its marker back. */
  private _endAwaited(): void {
    if (this._isStarting) return;
    for (const [regionId, markerIds] of this._awaited) {
      if (this.queue.jobs.some(({ region }) => region.id === regionId)) continue;
      this._awaited.delete(regionId);
      void this.gallery.unmark(regionId, markerIds);
    }
  }

  /** Throws: ProblemError when the fill's pixels are gone. */
  private async _enqueueLike(seeds: readonly number[], like: Likeness): Promise<void> {
    const { region, choices } = this;
    const { layerId, record } = like.fill;
    const planned = planState(region, choices, this.model.state, like.strength);
    if (!region || planned.kind !== 'planned') return;
    const png = await this.gallery.pixelsOf(layerId);
    const chosen = await chosenFill(region, record, png, planned.plan.contextBounds);
    const origin = { like: record.number, strength: like.strength };
    this._enqueue(seeds, planned, { chosen, origin });
  }

  private _enqueue(
    seeds: readonly number[],
    planned = this.plan,
    { chosen, origin }: { chosen: RgbaImage | null; origin: Origin } = anew,
  ): void {
    const { region } = this;
    const model = this._modelOfFill();
    if (!region || !model || planned.kind !== 'planned') return;
    const { plan, settings } = planned;
    const request: FillRequest = {
      jobId: jobIdFor(region.id, crypto.randomUUID()),
      plan,
      settings,
      source: region.raster.read(plan.contextBounds),
      selection: region.coverage(plan.contextBounds, settings.growPx),
      seeds,
      chosen,
    };
    void this._rememberOriginal(region, plan);
    this.queue.add(filledRegion(region), request, model, origin);
  }

  /** What a fill's record says it was made with; null while that is not there yet. */
  private _modelOfFill(): FillModel | null {
    const { prior, model: chosen } = this.choices;
    const { state } = this.model;
    if (prior === 'photo') return { id: 'photo', sha256: '', chosen };
    if (state.kind !== 'ready') return null;
    return { id: state.card.id, sha256: state.card.checkpoint.sha256, chosen };
  }

  private async _rememberOriginal(region: Region, plan: FillPlan): Promise<void> {
    const url = await regionThumbnail(region, plan).catch(() => null);
    if (url !== null) this.gallery.rememberOriginal(region.id, url);
  }

  /** Writes into the PNG what made it; a fill that cannot be signed is still a fill. */
  private async _signed({ job, png }: FinishedFill): Promise<Blob> {
    try {
      const bytes = new Uint8Array(await png.arrayBuffer());
      const { prior } = job.request.settings;
      const provenance = {
        source: digitalSource(prior),
        creatorTool: `RePaint Fill ${this.version}`,
        model: prior === 'photo' ? null : `${job.model.id} (sha256 ${job.model.sha256})`,
      };
      return new Blob([withProvenance(bytes, provenance)], { type: 'image/png' });
    } catch {
      return png;
    }
  }

  private async _addLayer(fill: FinishedFill): Promise<void> {
    const { job, seed } = fill;
    const { region, request } = job;
    // Before any wait: the job may end during it, and its marker would come back.
    this._awaited.delete(region.id);
    await this.journal.whileAdding({ jobId: job.id, seed }, this._layerOf(fill), async (layer) => {
      // A fill without a picture in the gallery is still a fill.
      const thumbnail = await fillThumbnail(region, request, layer.png).catch(() => '');
      await this.gallery.add(layer, thumbnail);
    });
  }

  private async _layerOf(fill: FinishedFill): Promise<NewLayer> {
    const { region, request } = fill.job;
    const png = await this._signed(fill);
    const { x, y, width, height } = request.plan.maskBounds;
    const { id, mediaSize, mediaToPage, page } = region.target;
    return {
      image: { id, mediaSize, mediaToPage, pageId: page.id },
      png,
      pixelsToPage: compose(region.raster.pixelsToPage, translation(x, y)),
      size: { width, height },
      record: { ...recordOf(fill.job, fill.seed), ...(await noteOpaque(region, png)) },
    };
  }
}

/** Past the photo's edge a rendition tells a fill from the page by this alone; without it, it is still a fill. */
async function noteOpaque(
  { maskBounds, raster }: FilledRegion,
  png: Blob,
): Promise<Pick<FillRecord, 'opaque'>> {
  if (!isExpanded({ maskBounds, raster })) return {};
  return pixelsOf(png).then(
    (pixels) => ({ opaque: opaqueCells(pixels) }),
    () => ({}),
  );
}

function recordOf(job: FillJob, seed: number): NewLayer['record'] {
  const { id, model, origin, region, request } = job;
  const { settings } = request;
  // Fills past the edge fill what is transparent, whatever was chosen.
  const chosen = isExpanded(region) ? { ...settings, fillTransparent: false } : settings;
  return {
    targetId: region.target.id,
    jobId: id,
    seed,
    modelId: model.id,
    modelSha256: model.sha256,
    settings: JSON.stringify(chosen),
    madeAt: Date.now(),
    ...origin,
  };
}
