/** Serves the voting page on this machine: pictures and answers, no method's name. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { RepaintError } from '../../protocol/failure.js';
import {
  consistency,
  expectVoter,
  leastConsistency,
  type BallotBox,
  type Choice,
} from './ballots.js';
import type { Gallery } from './gallery.js';
import { questionsFor, type Question } from './questions.js';

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');
const hashOf = (tag: string) => {
  const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)![1];
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
};
const contentPolicy = `default-src 'none'; img-src 'self'; connect-src 'self'; script-src ${hashOf('script')}; style-src ${hashOf('style')}`;

export interface VoteSetup {
  readonly gallery: Gallery;
  readonly box: BallotBox;
  /** Only pairs with this method; null = all pairs. */
  readonly subject: string | null;
  /** Pairs that a voter is asked. */
  readonly limit: number;
}

/** More than any answer needs. */
const maxBodyBytes = 1000;

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBodyBytes)
      throw new RepaintError('badRequest', 'The answer is longer than any answer can be.');
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, like any other text that is no object.
  }
  throw new RepaintError('badRequest', 'An answer must be a JSON object.');
}

const isChoice = (value: unknown): value is Choice =>
  value === 'left' || value === 'right' || value === 'skip';

class VoteServer {
  constructor(private readonly _setup: VoteSetup) {}

  private _questions(voter: string): Question[] {
    const { gallery, subject, limit } = this._setup;
    return questionsFor(voter, gallery.cases, subject, limit);
  }

  /** What the page shows next, by number only. */
  private async _state(voter: string) {
    const { box } = this._setup;
    const questions = this._questions(voter);
    const votes = await box.votes(voter);
    const isAnswered = new Set(votes.map(({ id }) => id));
    const next = questions.find(({ id }) => !isAnswered.has(id));
    return {
      next: next?.id ?? null,
      done: isAnswered.size,
      total: questions.length,
      consistency: next ? null : consistency(votes),
      needed: leastConsistency,
      isSubmitted: await box.isSubmitted(voter),
    };
  }

  private async _vote(voter: string, id: unknown, choice: unknown): Promise<void> {
    const question = this._questions(voter).find((it) => it.id === id);
    const isNew = (await this._setup.box.votes(voter)).every((vote) => vote.id !== id);
    if (!question || !isChoice(choice))
      throw new RepaintError(
        'badRequest',
        'An answer is {voter, id, choice: left, right or skip}.',
      );
    if (isNew) await this._setup.box.add(voter, { ...question, choice });
  }

  private async _picture(url: URL): Promise<Uint8Array | null> {
    const [, , id, side] = url.pathname.split('/');
    const voter = expectVoter(url.searchParams.get('voter') ?? '');
    const question = this._questions(voter).find((it) => String(it.id) === id);
    if (!question) return null;
    const { gallery } = this._setup;
    if (side === 'input') return gallery.input(question.case);
    return side === 'left' || side === 'right' ? gallery.fill(question.case, question[side]) : null;
  }

  private async _post(path: string, request: IncomingMessage): Promise<object> {
    const { voter: name, id, choice } = await body(request);
    const voter = expectVoter(String(name));
    const { box } = this._setup;
    if (path === '/vote') await this._vote(voter, id, choice);
    else if (path === '/submit') await box.submit(voter);
    else if (path === '/restart') await box.restart(voter, String(Date.now()));
    else if (path !== '/state') throw new RepaintError('badRequest', `There is no ${path}.`);
    return this._state(voter);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('Content-Security-Policy', contentPolicy);
    response.setHeader('Cache-Control', 'no-store');
    const send = (status: number, type: string, data: string | Uint8Array) =>
      response.writeHead(status, { 'Content-Type': type }).end(data);
    // A page elsewhere must not vote through a name that points here.
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(request.headers.host ?? ''))
      return void send(403, 'text/plain', 'This page answers on localhost only.');
    if (request.method === 'POST') {
      const state = await this._post(url.pathname, request);
      return void send(200, 'application/json', JSON.stringify(state));
    }
    if (url.pathname === '/') return void send(200, 'text/html; charset=utf-8', page);
    const picture = url.pathname.startsWith('/picture/') ? await this._picture(url) : null;
    if (picture) send(200, 'image/png', picture);
    else send(404, 'text/plain', 'There is no such picture.');
  }
}

/** Starts to serve on a free port of this machine, or on the one given. */
export async function serveVotes(setup: VoteSetup, port = 0): Promise<Server> {
  const votes = new VoteServer(setup);
  // A voter looks at two pictures for longer than the usual five seconds.
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    votes.answer(request, response).catch((error: unknown) => {
      const isMistake = error instanceof RepaintError;
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(isMistake ? 400 : 500, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: message }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return server;
}
