/** Answers of voters: kept as they are given, counted when a voter agrees with themselves. */
import { appendFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { RepaintError } from '../../protocol/failure.js';
import { asJson, writeWhole } from '../evaluation/store.js';
import { csv } from '../report/csv.js';
import { estimate, meanOf, type Estimate } from '../report/statistics.js';
import type { Question } from './questions.js';

export type Choice = 'left' | 'right' | 'skip';

/** One answer, as a line of the voter's file. */
export interface Vote extends Question {
  readonly choice: Choice;
}

/** A voter counts who gives the same answer to the same question this often. */
export const leastConsistency = 0.75;

/** The method that was preferred; null where neither was. */
export function winner({ choice, left, right }: Vote): string | null {
  return choice === 'skip' ? null : choice === 'left' ? left : right;
}

const pairKey = (vote: Question) => JSON.stringify([vote.case, ...[vote.left, vote.right].sort()]);

/** The part of questions answered twice that got the same answer; null where there is none. */
export function consistency(votes: readonly Vote[]): number | null {
  const firsts = new Map<string, Vote>();
  const agreements: number[] = [];
  for (const vote of votes) {
    const first = firsts.get(pairKey(vote));
    if (!first) firsts.set(pairKey(vote), vote);
    else if (winner(first) !== null && winner(vote) !== null)
      agreements.push(winner(first) === winner(vote) ? 1 : 0);
  }
  return agreements.length === 0 ? null : meanOf(agreements);
}

/** How often `method` was preferred to `other`, over holes; `votes` without skipped ones. */
export interface Preference extends Estimate {
  readonly method: string;
  readonly other: string;
  readonly votes: number;
  readonly voters: number;
}

interface PairVotes {
  /** By hole: 1 where `method` was preferred, 0 where the other. */
  readonly shares: Map<string, number[]>;
  readonly voters: Set<number>;
}

/** In an order that does not depend on who voted first. */
const byKey = <V>(map: ReadonlyMap<string, V>) =>
  [...map].sort(([key], [other]) => (key < other ? -1 : 1));

/** Counts ballots; a hole counts once, however many voted on it. */
export function preferences(ballots: readonly (readonly Vote[])[]): Preference[] {
  const pairs = new Map<string, PairVotes>();
  ballots.forEach((votes, voter) => {
    for (const vote of votes) {
      if (winner(vote) === null) continue;
      const [method, other] = [vote.left, vote.right].sort();
      const key = JSON.stringify([method, other]);
      const pair: PairVotes = pairs.get(key) ?? { shares: new Map(), voters: new Set() };
      const share = pair.shares.get(vote.case) ?? [];
      pair.shares.set(vote.case, [...share, winner(vote) === method ? 1 : 0]);
      pair.voters.add(voter);
      pairs.set(key, pair);
    }
  });
  return byKey(pairs).map(([key, { shares, voters }]) => {
    const [method, other] = JSON.parse(key) as [string, string];
    const cases = byKey(shares).map(([, values]) => meanOf(values));
    const votes = [...shares.values()].flat().length;
    return { method, other, votes, voters: voters.size, ...estimate(cases, `vote ${key}`)! };
  });
}

/** Throws: RepaintError badRequest. */
export function expectVoter(name: string): string {
  if (/^[\p{L}\p{N}_-]{1,40}$/u.test(name)) return name;
  throw new RepaintError(
    'badRequest',
    'A name of 1 to 40 letters, digits, "_" or "-" is needed to keep the votes under.',
  );
}

/** The votes in `votes/` of a folder. */
export class BallotBox {
  private readonly _folder: string;

  constructor(folder: string) {
    this._folder = path.join(folder, 'votes');
  }

  private _file(voter: string, kind: 'jsonl' | 'submitted.jsonl'): string {
    return path.join(this._folder, `${expectVoter(voter)}.${kind}`);
  }

  private async _read(file: string): Promise<Vote[]> {
    const text = await readFile(file, 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Vote];
      } catch {
        // Empty, or cut short by a kill: it was never answered.
        return [];
      }
    });
  }

  /** What a voter has answered so far. */
  votes(voter: string): Promise<Vote[]> {
    return this._read(this._file(voter, 'jsonl'));
  }

  async isSubmitted(voter: string): Promise<boolean> {
    return (await this._read(this._file(voter, 'submitted.jsonl'))).length > 0;
  }

  async add(voter: string, vote: Vote): Promise<void> {
    await mkdir(this._folder, { recursive: true });
    // On a line of its own, even after one that was cut short.
    await appendFile(this._file(voter, 'jsonl'), `\n${JSON.stringify(vote)}\n`);
  }

  /** Starts a voter anew; what they answered is set aside. */
  async restart(voter: string, tag: string): Promise<void> {
    const file = this._file(voter, 'jsonl');
    await rename(file, `${file}.${tag}.dropped`).catch(() => undefined);
  }

  /**
   * Hands a ballot in and counts again.
   * Throws: RepaintError badRequest when the voter did not agree with themselves often enough.
   */
  async submit(voter: string): Promise<void> {
    const votes = await this.votes(voter);
    const agreed = consistency(votes);
    if (agreed === null || agreed < leastConsistency)
      throw new RepaintError(
        'badRequest',
        `The same question got the same answer in ${Math.round(100 * (agreed ?? 0))} % of cases; 75 % are needed. Begin again, and skip where you see no difference.`,
      );
    const lines = votes.map((vote) => JSON.stringify(vote)).join('\n');
    await writeWhole(this._file(voter, 'submitted.jsonl'), `${lines}\n`);
    await this.count();
  }

  /** Counts what was handed in, and writes `results.json` and `results.csv`. */
  async count(): Promise<Preference[]> {
    const names = await readdir(this._folder).catch(() => []);
    const submitted = names.filter((name) => name.endsWith('.submitted.jsonl')).sort();
    const ballots = await Promise.all(
      submitted.map((name) => this._read(path.join(this._folder, name))),
    );
    const results = preferences(ballots);
    const columns = ['method', 'other', 'votes', 'voters', 'n', 'mean', 'low', 'high'] as const;
    await writeWhole(path.join(this._folder, 'results.json'), asJson(results));
    await writeWhole(path.join(this._folder, 'results.csv'), csv(results, columns));
    return results;
  }
}
