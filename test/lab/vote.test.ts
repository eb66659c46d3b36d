import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BallotBox, consistency, preferences, type Vote } from '../../src/lab/vote/ballots.js';
import { openGallery } from '../../src/lab/vote/gallery.js';
import { questionsFor } from '../../src/lab/vote/questions.js';
import { serveVotes } from '../../src/lab/vote/server.js';

let folder: string;
let server: Server | null = null;
const at = (...names: string[]) => path.join(folder, ...names);

async function flat(file: string, background: string): Promise<void> {
  const create = { width: 8, height: 8, channels: 3 as const, background };
  await sharp({ create }).png().toFile(file);
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vote-'));
  for (const [method, colour] of Object.entries({ ours: '#f00', theirs: '#00f', input: '#888' })) {
    mkdirSync(at(method));
    for (const name of ['a.png', 'b.png']) await flat(at(method, name), colour);
  }
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
  rmSync(folder, { recursive: true });
});

const cases = Array.from({ length: 40 }, (_, k) => ({
  name: `case-${k}`,
  methods: ['a', 'b', 'c'],
}));

test('every pair is asked twice, with the sides changed, in an order of the voter’s own', () => {
  const questions = questionsFor('ann', cases, null);
  expect(questions).toHaveLength(40 * 3 * 2);
  const [first, again] = [questions.slice(0, 120), questions.slice(120)];
  for (const { case: name, left, right } of first)
    expect(again).toContainEqual(expect.objectContaining({ case: name, left: right, right: left }));
  const lefts = first.filter(({ left, right }) => left < right).length;
  // 120 coin throws: five standard deviations of 5.5.
  expect(Math.abs(lefts - 60)).toBeLessThan(28);
  expect(questionsFor('ann', cases, null)).toEqual(questions);
  expect(questionsFor('bob', cases, null)).not.toEqual(questions);
});

test('a subject is in every pair, and a limit counts pairs', () => {
  const questions = questionsFor('ann', cases, 'b', 7);
  expect(questions).toHaveLength(14);
  expect(questions.every(({ left, right }) => left === 'b' || right === 'b')).toBe(true);
});

const vote = (name: string, left: string, right: string, choice: Vote['choice']): Vote => ({
  id: 0,
  case: name,
  left,
  right,
  choice,
});

test('consistency is of questions answered twice', () => {
  const votes = [vote('x', 'a', 'b', 'left'), vote('y', 'a', 'b', 'left')];
  expect(consistency(votes)).toBeNull();
  const both = [...votes, vote('x', 'b', 'a', 'right'), vote('y', 'b', 'a', 'left')];
  expect(consistency(both)).toBe(0.5);
  // A skipped one says nothing.
  expect(consistency([...votes, vote('x', 'b', 'a', 'skip')])).toBeNull();
});

test('a method’s share is over holes, not over votes', () => {
  const ballots = [
    [vote('x', 'a', 'b', 'left'), vote('x', 'b', 'a', 'right'), vote('y', 'a', 'b', 'right')],
    [vote('x', 'a', 'b', 'left'), vote('z', 'a', 'b', 'skip')],
  ];
  const [row] = preferences(ballots);
  // a wins hole x three times and loses y once: a half.
  expect(row).toMatchObject({ method: 'a', other: 'b', mean: 0.5, n: 2, votes: 4, voters: 2 });
});

/** Posts as the page does. */
async function post(port: number, url: string, data: object) {
  const response = await fetch(`http://localhost:${port}${url}`, {
    method: 'POST',
    body: JSON.stringify(data),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function open(subject: string | null = null): Promise<number> {
  const [gallery, box] = [await openGallery(folder), new BallotBox(folder)];
  server = await serveVotes({ gallery, box, subject, limit: Infinity });
  return (server.address() as AddressInfo).port;
}

/** Answers all questions that are left: the side that shows this colour. */
async function answerAll(port: number, voter: string, isWanted: (red: number) => boolean) {
  let { answer } = await post(port, '/state', { voter });
  while (answer.next !== null) {
    const url = `http://localhost:${port}/picture/${answer.next as string}/left?voter=${voter}`;
    const png = Buffer.from(await (await fetch(url)).arrayBuffer());
    const [red] = await sharp(png).raw().toBuffer();
    const choice = isWanted(red) ? 'left' : 'right';
    ({ answer } = await post(port, '/vote', { voter, id: answer.next, choice }));
  }
  return answer;
}

test('a ballot that agrees with itself is handed in and counted', async () => {
  const port = await open();
  expect(await answerAll(port, 'ann', (red) => red > 128)).toMatchObject({
    done: 4,
    total: 4,
    consistency: 1,
  });
  expect((await post(port, '/submit', { voter: 'ann' })).answer.isSubmitted).toBe(true);
  const results = JSON.parse(readFileSync(at('votes', 'results.json'), 'utf8')) as unknown[];
  expect(results).toEqual([expect.objectContaining({ method: 'ours', mean: 1, votes: 4, n: 2 })]);
  expect(readFileSync(at('votes', 'results.csv'), 'utf8')).toContain('ours,theirs,4,1,2,1,1,1');
});

test('a ballot that contradicts itself is refused, and may begin again', async () => {
  const port = await open();
  // Always the left side: the second answer of each pair is the other method.
  const { answer } = await post(port, '/state', { voter: 'bob' });
  for (let id = answer.next as number | null; id !== null;)
    id = (await post(port, '/vote', { voter: 'bob', id, choice: 'left' })).answer.next as
      | number
      | null;
  const refused = await post(port, '/submit', { voter: 'bob' });
  expect(refused.status).toBe(400);
  expect(refused.answer.error).toContain('75 % are needed');
  expect((await post(port, '/restart', { voter: 'bob' })).answer.done).toBe(0);
});

test('answers are kept at once, a line cut short by a kill is asked again', async () => {
  const port = await open();
  const { answer } = await post(port, '/state', { voter: 'ann' });
  await post(port, '/vote', { voter: 'ann', id: answer.next, choice: 'skip' });
  appendFileSync(at('votes', 'ann.jsonl'), '{"id":1,"case":');
  const { answer: state } = await post(port, '/state', { voter: 'ann' });
  expect(state).toMatchObject({ done: 1 });
  const next = await post(port, '/vote', { voter: 'ann', id: state.next, choice: 'left' });
  expect(next.answer).toMatchObject({ done: 2 });
});

test('the page names no method and asks nothing of the network', async () => {
  const port = await open();
  const response = await fetch(`http://localhost:${port}/`);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const states = JSON.stringify((await post(port, '/state', { voter: 'ann' })).answer);
  for (const text of [await response.text(), states]) expect(text).not.toMatch(/ours|theirs/);
});

test('names that leave the folder, wrong answers and other hosts are refused', async () => {
  const port = await open();
  expect((await post(port, '/state', { voter: '../x' })).status).toBe(400);
  expect((await post(port, '/vote', { voter: 'a', id: 99, choice: 'left' })).status).toBe(400);
  expect((await post(port, '/vote', { voter: 'a', id: 0, choice: 'both' })).status).toBe(400);
  const status = await new Promise((resolve) => {
    request({ port, headers: { host: 'elsewhere.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(status).toBe(403);
});

test('a folder with nothing to compare is told', async () => {
  rmSync(at('theirs'), { recursive: true });
  await expect(openGallery(folder)).rejects.toThrow('no hole with fills of two methods');
});
