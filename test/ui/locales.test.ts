/** Every sentence in the source has its Chinese: `npm run localize` was not forgotten. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateMsgId } from '@lit/localize/internal/id-generation.js';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { templates } from '../../src/ui/locales/zh-CN.js';

const folder = fileURLToPath(new URL('../../src/ui/', import.meta.url));

interface Node extends Record<string, unknown> {
  type: string;
}
interface Template {
  quasis: { value: { cooked: string } }[];
}

/** The fixed parts of a literal, as the message's id is made of them. */
function partsOf(node: Node): string | string[] {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  const isTagged = node.type === 'TaggedTemplateExpression';
  if (!isTagged && node.type !== 'TemplateLiteral') throw new Error(`a message is a ${node.type}`);
  const { quasis } = (isTagged ? node.quasi : node) as Template;
  const parts = quasis.map(({ value }) => value.cooked);
  return isTagged ? parts : parts.join('');
}

function messagesIn(node: unknown): (string | string[])[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, callee, arguments: args } = node as Node;
  const isMessage = type === 'CallExpression' && (callee as { name?: string }).name === 'msg';
  const inside = Object.values(node).flatMap(messagesIn);
  return isMessage ? [partsOf((args as Node[])[0]), ...inside] : inside;
}

test('every message of the panel is translated, and nothing else', () => {
  const messages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('locales'))
    .map((name) => readFileSync(folder + name, 'utf8'))
    .flatMap((text) => messagesIn(parseSync('panel.ts', text).program));
  const ids = new Map(messages.map((message) => [generateMsgId(message, false), message]));
  const missing = [...ids].filter(([id]) => !(id in templates)).map(([, message]) => message);
  expect(missing).toEqual([]);
  expect(Object.keys(templates).filter((id) => !ids.has(id))).toEqual([]);
});
