/** What a voter is asked: two fills of one hole, each pair twice, the sides changed. */
import { randomStream, shuffled } from '../masks/random.js';
import type { VoteCase } from './gallery.js';

export interface Question {
  /** Its number in the voter's order; what the page knows it by. */
  readonly id: number;
  readonly case: string;
  /** Methods; the page is never told. */
  readonly left: string;
  readonly right: string;
}

type Asked = Omit<Question, 'id'>;

function pairs(methods: readonly string[], subject: string | null): [string, string][] {
  return methods.flatMap((a, i) =>
    methods
      .slice(i + 1)
      .filter((b) => subject === null || a === subject || b === subject)
      .map((b): [string, string] => [a, b]),
  );
}

/**
 * Returns a voter's questions: every pair once in a random order with random sides, then all of
 * them again in another order with sides changed. The same voter gets the same.
 * `subject`: only pairs with this method. `limit`: pairs asked, drawn at random.
 */
export function questionsFor(
  voter: string,
  cases: readonly VoteCase[],
  subject: string | null,
  limit = Infinity,
): Question[] {
  const random = randomStream(0, `vote ${voter}`);
  const all = cases.flatMap((it) =>
    pairs(it.methods, subject).map(([a, b]): Asked => {
      const [left, right] = random.next() < 0.5 ? [a, b] : [b, a];
      return { case: it.name, left, right };
    }),
  );
  const first = shuffled(all, random).slice(0, limit);
  const again = shuffled([...first], random).map((it): Asked => ({
    case: it.case,
    left: it.right,
    right: it.left,
  }));
  return [...first, ...again].map((it, id) => ({ id, ...it }));
}
