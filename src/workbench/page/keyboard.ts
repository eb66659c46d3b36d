/** Keys of the page, as editors have them. */
import type { ToolName } from './tools.js';

export interface KeyActions {
  choose(tool: ToolName): void;
  undo(): void;
  redo(): void;
  remove(): void;
  nudge(dx: number, dy: number): void;
  /** Grows what is selected, or shrinks it. */
  grow(dx: number, dy: number): void;
  drawInMiddle(): void;
  deselect(): void;
}

const toolKeys: Readonly<Record<string, ToolName>> = {
  v: 'select',
  r: 'rectangle',
  e: 'ellipse',
};
const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof HTMLButtonElement;
}

function withControl(event: KeyboardEvent, actions: KeyActions): boolean {
  const key = event.key.toLowerCase();
  const arrow = arrows[event.key];
  const step = event.shiftKey ? 10 : 1;
  if (arrow) actions.grow(arrow[0] * step, arrow[1] * step);
  const isRedo = key === 'y' || (key === 'z' && event.shiftKey);
  if (isRedo) actions.redo();
  else if (key === 'z') actions.undo();
  return isRedo || key === 'z' || arrow !== undefined;
}

function plain(event: KeyboardEvent, actions: KeyActions): boolean {
  const tool = toolKeys[event.key.toLowerCase()];
  const arrow = arrows[event.key];
  const step = event.shiftKey ? 10 : 1;
  if (tool) actions.choose(tool);
  else if (arrow) actions.nudge(arrow[0] * step, arrow[1] * step);
  else if (event.key === 'Delete' || event.key === 'Backspace') actions.remove();
  else if (event.key === 'Escape') actions.deselect();
  else if (event.key === 'Enter' && !isButton(event.target)) actions.drawInMiddle();
  else return false;
  return true;
}

export function listenToKeys(actions: KeyActions): void {
  window.addEventListener('keydown', (event) => {
    if (isTyping(event.target) || event.altKey) return;
    const isUsed =
      event.ctrlKey || event.metaKey ? withControl(event, actions) : plain(event, actions);
    if (isUsed) event.preventDefault();
  });
}
