/** The keyboard stays where it was working when what had the focus goes away. */
import type { LitElement, ReactiveController } from 'lit';

/** After an update that took or disabled the focused part, focuses the first of the places. */
export class KeepFocus implements ReactiveController {
  private _hadFocus = false;

  constructor(
    private readonly _host: LitElement,
    /** Selectors within the host, in order of preference. */
    private readonly _places: readonly string[],
  ) {
    _host.addController(this);
  }

  hostUpdate(): void {
    this._hadFocus = this._focused !== null;
  }

  hostUpdated(): void {
    if (this._hadFocus && this._isLost) void this._moveOn();
  }

  private get _focused(): Element | null {
    return this._host.shadowRoot?.activeElement ?? null;
  }

  private get _isLost(): boolean {
    return this._focused?.matches('[disabled]') ?? true;
  }

  /** A button takes the focus only once it has been updated itself; others may have moved it. */
  private async _moveOn(): Promise<void> {
    await this._host.updateComplete;
    if (!this._isLost) return;
    this._places
      .map((place) => this._host.renderRoot.querySelector<HTMLElement>(`${place}:not([disabled])`))
      .find((found) => found !== null)
      ?.focus();
  }
}
