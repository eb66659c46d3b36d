/** The layers list: topmost first, with show, lock, order and delete. */
import { html, type TemplateResult } from 'lit';
import type { Command, DocumentData, NodeData } from '../document.js';
import { icon, type IconName } from './icons.js';
import type { Words } from './words.js';

/** The number the add-on gave a fill. */
function fillNumber(node: NodeData): string | null {
  try {
    const record = JSON.parse(node.addOnData['repaintFill'] ?? 'null') as {
      number?: number;
    } | null;
    return record?.number === undefined ? null : String(record.number);
  } catch {
    return null;
  }
}

/** A name a person would give the layer. */
export function layerName(node: NodeData, words: Words): string {
  const number = fillNumber(node);
  const isKept = node.addOnData['repaintFillKept'] !== undefined;
  if (number !== null) return `${isKept ? words.kept : words.fill} ${number}`;
  const names = {
    media: words.photo,
    image: words.photo,
    group: words.group,
    path: words.path,
    text: words.text,
    artboard: '',
    rectangle: words.rectangle.replace(/ \(.*/, ''),
    ellipse: words.ellipse.replace(/ \(.*/, ''),
  };
  return names[node.geometry.kind];
}

type Send = (command: Command) => void;

function iconButton(label: string, name: IconName, act: () => void, isDisabled = false) {
  return html`<button
    class="icon"
    title=${label}
    aria-label=${label}
    ?disabled=${isDisabled}
    @click=${act}
  >
    ${icon(name)}
  </button>`;
}

function layerRow(
  node: NodeData,
  index: number,
  document: DocumentData,
  words: Words,
  send: Send,
): TemplateResult {
  const { id, opacity, isLocked } = node;
  const name = layerName(node, words);
  const isVisible = opacity > 0;
  const isSelected = document.selection.includes(id);
  const count = document.artboard.children.length;
  return html`<li
    data-testid="layer"
    data-layer-id=${id}
    data-kind=${node.geometry.kind}
    data-visible=${isVisible}
    data-selected=${isSelected}
  >
    ${iconButton(
      `${isVisible ? words.hide : words.show}: ${name}`,
      isVisible ? 'shown' : 'hidden',
      () => send({ kind: 'opacity', id, opacity: isVisible ? 0 : 1 }),
    )}
    <button
      class="name"
      title=${name}
      aria-pressed=${isSelected}
      @click=${(event: MouseEvent) => send({ kind: 'select', ids: event.shiftKey ? [...document.selection, id] : [id] })}
    >
      ${name}
    </button>
    ${iconButton(
      `${isLocked ? words.unlock : words.lock}: ${name}`,
      isLocked ? 'locked' : 'unlocked',
      () => send({ kind: 'lock', id, isLocked: !isLocked }),
    )}
    ${iconButton(`${words.raise}: ${name}`, 'up', () => send({ kind: 'move', id, by: 1 }), index === count - 1)}
    ${iconButton(`${words.lower}: ${name}`, 'down', () => send({ kind: 'move', id, by: -1 }), index === 0)}
    ${iconButton(`${words.remove}: ${name}`, 'remove', () => send({ kind: 'delete', ids: [id] }))}
  </li>`;
}

export function layersPanel(document: DocumentData, words: Words, send: Send): TemplateResult {
  const rows = document.artboard.children.map((node, index) =>
    layerRow(node, index, document, words, send),
  );
  return html`<aside aria-label=${words.layers}>
    <details open>
      <summary><h2>${words.layers}</h2></summary>
      <ul class="layers" aria-label=${words.layers}>
        ${rows.reverse()}
      </ul>
    </details>
  </aside>`;
}
