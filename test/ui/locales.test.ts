/** Every sentence in the source has its Chinese: `npm run localize` was not forgotten. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateMsgId } from '@lit/localize/internal/id-generation.js';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { templates } from '../../src/ui/locales/zh-CN.js';

const folder = fileURLToPath(new URL('../../src/ui/', import.meta.url));

/** The fixed parts of a literal, as the message's id is made of them. */
function partsOf(node: ts.Node): string | string[] {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTaggedTemplateExpression(node)) throw new Error(`not a message: ${node.getText()}`);
  const { template } = node;
  if (ts.isNoSubstitutionTemplateLiteral(template)) return [template.text];
  return [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
}

function messagesIn(node: ts.Node): (string | string[])[] {
  const isMessage = ts.isCallExpression(node) && node.expression.getText() === 'msg';
  const inside: (string | string[])[] = isMessage ? [partsOf(node.arguments[0])] : [];
  ts.forEachChild(node, (child) => void inside.push(...messagesIn(child)));
  return inside;
}

test('every message of the panel is translated, and nothing else', () => {
  const messages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('locales'))
    .map((name) => readFileSync(folder + name, 'utf8'))
    .flatMap((text) => messagesIn(ts.createSourceFile('', text, ts.ScriptTarget.ESNext, true)));
  const ids = new Map(messages.map((message) => [generateMsgId(message, false), message]));
  const missing = [...ids].filter(([id]) => !(id in templates)).map(([, message]) => message);
  expect(missing).toEqual([]);
  expect(Object.keys(templates).filter((id) => !ids.has(id))).toEqual([]);
});
