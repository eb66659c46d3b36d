/** The bar above the page: tools, undo, pictures, theme and language. */
import { html, type TemplateResult } from 'lit';
import type { AddOn } from './frame.js';
import { samples, type Sample } from './samples.js';
import { toolNames, type ToolName } from './tools.js';
import type { Words } from './words.js';

export interface ToolbarState {
  readonly tool: ToolName;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly sample: Sample | null;
  readonly theme: 'light' | 'dark';
  readonly locale: string;
  readonly page: number;
  readonly pages: number;
}

/** The add-on's builds, and the one that is open. */
export interface PanelBarState {
  readonly addOn: AddOn;
  readonly addOns: readonly AddOn[];
}

export interface ToolbarActions {
  readonly choose: (tool: ToolName) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly openFile: (file: File) => void;
  readonly openSample: (sample: Sample) => void;
  readonly setTheme: (theme: 'light' | 'dark') => void;
  readonly setLocale: (locale: string) => void;
  readonly openPage: (index: number) => void;
  readonly openBuild: (addOn: AddOn) => void;
  readonly reloadPanel: () => void;
}

function selected(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}

function pickFile(event: Event, open: (file: File) => void): void {
  const input = event.target as HTMLInputElement;
  const [file] = input.files ?? [];
  input.value = '';
  if (file) open(file);
}

function toolButtons(state: ToolbarState, words: Words, actions: ToolbarActions): TemplateResult {
  return html`<div class="row" role="toolbar" aria-label=${words.title}>
    ${toolNames.map(
      (tool) =>
        html`<button
          data-testid="tool-${tool}"
          aria-pressed=${tool === state.tool}
          @click=${() => actions.choose(tool)}
        >
          ${words[tool]}
        </button>`,
    )}
    <button data-testid="undo" title="Ctrl+Z" ?disabled=${!state.canUndo} @click=${actions.undo}>
      ${words.undo}
    </button>
    <button
      data-testid="redo"
      title="Ctrl+Shift+Z"
      ?disabled=${!state.canRedo}
      @click=${actions.redo}
    >
      ${words.redo}
    </button>
  </div>`;
}

function pictureControls(
  state: ToolbarState,
  words: Words,
  actions: ToolbarActions,
): TemplateResult {
  const open = (event: Event) => {
    const sample = samples.find(({ file }) => file === selected(event));
    if (sample) actions.openSample(sample);
  };
  return html`<div class="row">
    <select data-testid="sample" aria-label=${words.sample} @change=${open}>
      ${state.sample ? '' : html`<option selected>${words.sample}</option>`}
      ${samples.map(
        ({ file, name }) =>
          html`<option value=${file} .selected=${file === state.sample?.file}>${name}</option>`,
      )}
    </select>
    <label class="file"
      >${words.open}
      <input
        data-testid="open-file"
        type="file"
        accept="image/*"
        @change=${(event: Event) => pickFile(event, actions.openFile)}
      />
    </label>
    ${pageControl(state, words, actions)}
  </div>`;
}

/** Pages of the document; the last entry makes one. */
function pageControl({ page, pages }: ToolbarState, words: Words, actions: ToolbarActions) {
  return html`<select
    data-testid="page"
    aria-label=${words.page}
    .value=${String(page)}
    @change=${(event: Event) => actions.openPage(Number(selected(event)))}
  >
    ${Array.from({ length: pages }, (_, k) => html`<option value=${k}>${words.page} ${k + 1}</option>`)}
    <option value=${pages}>${words.newPage}</option>
  </select>`;
}

/** The host's title over the panel: which build of the add-on it shows, and the panel anew. */
export function panelBar(
  { addOn, addOns }: PanelBarState,
  words: Words,
  actions: Pick<ToolbarActions, 'openBuild' | 'reloadPanel'>,
): TemplateResult {
  return html`<div class="row">
    <select
      data-testid="build"
      aria-label=${words.build}
      @change=${(event: Event) => actions.openBuild(addOns[Number(selected(event))])}
    >
      ${addOns.map(
        (it, k) =>
          html`<option value=${k} .selected=${it === addOn}>
            ${String(it.manifest['name'])}
          </option>`,
      )}
    </select>
    <button data-testid="reload-panel" @click=${actions.reloadPanel}>${words.reload}</button>
  </div>`;
}

function hostSwitches(state: ToolbarState, words: Words, actions: ToolbarActions): TemplateResult {
  const next = state.theme === 'light' ? 'dark' : 'light';
  return html`<div class="row">
    <button
      data-testid="theme"
      aria-label="${words.theme}: ${words[state.theme]}"
      @click=${() => actions.setTheme(next)}
    >
      ${state.theme === 'light' ? '☀' : '☾'} ${words[state.theme]}
    </button>
    <select
      data-testid="locale"
      aria-label=${words.locale}
      @change=${(event: Event) => actions.setLocale(selected(event))}
    >
      <option value="en-US" .selected=${state.locale === 'en-US'}>English</option>
      <option value="zh-CN" .selected=${state.locale === 'zh-CN'}>中文</option>
    </select>
  </div>`;
}

export function toolbar(
  state: ToolbarState,
  words: Words,
  actions: ToolbarActions,
): TemplateResult {
  return html`<header>
    <h1>${words.title} <small>${words.subtitle}</small></h1>
    ${toolButtons(state, words, actions)} ${pictureControls(state, words, actions)}
    ${hostSwitches(state, words, actions)}
  </header>`;
}
