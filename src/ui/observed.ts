/** State that elements can watch: a class that tells its listeners when it has changed. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Base of the panel's state classes. */
export abstract class Observed {
  private readonly _listeners = new Set<() => void>();

  /** Calls `listener` after each change. Returns: the function that ends it. */
  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of this._listeners) listener();
  }
}

/** Renders its element again whenever the observed state changes. */
export class Watching implements ReactiveController {
  private _stop: () => void = () => undefined;

  constructor(
    private readonly _host: ReactiveControllerHost,
    private readonly _observed: () => Observed | undefined,
  ) {
    _host.addController(this);
  }

  hostConnected(): void {
    this._stop = this._observed()?.subscribe(() => this._host.requestUpdate()) ?? this._stop;
  }

  hostDisconnected(): void {
    this._stop();
  }
}
