/** `repaint-fill lab vote`: a page on this machine that asks which of two fills is better. */
import type { AddressInfo } from 'node:net';
import { Command } from 'commander';
import { BallotBox, type Preference } from '../lab/vote/ballots.js';
import { openGallery } from '../lab/vote/gallery.js';
import { serveVotes } from '../lab/vote/server.js';
import { UsageError } from './cli-error.js';
import { integer } from './numbers.js';

interface VoteOptions {
  readonly subject?: string;
  readonly limit?: number;
  readonly port: number;
  readonly results: boolean;
  readonly json: boolean;
}

function print(results: readonly Preference[]): void {
  if (results.length === 0) console.log('No ballot has been handed in yet.');
  for (const { method, other, mean, low, high, n, votes } of results) {
    const [share, from, to] = [mean, low, high].map((part) => (100 * part).toFixed(1));
    console.log(
      `${method} preferred to ${other} in ${share} % (${from} to ${to}), ${votes} votes on ${n} holes`,
    );
  }
}

async function vote(folder: string, options: VoteOptions): Promise<void> {
  const box = new BallotBox(folder);
  if (options.results) {
    const results = await box.count();
    if (options.json) console.log(JSON.stringify(results, null, 2));
    else print(results);
    return;
  }
  const gallery = await openGallery(folder);
  const { subject = null, limit = Infinity } = options;
  const methods = new Set(gallery.cases.flatMap((it) => it.methods));
  if (subject !== null && !methods.has(subject))
    throw new UsageError(
      `${folder} has no fills of "${subject}"; give one of ${[...methods].join(', ')}.`,
    );
  const server = await serveVotes({ gallery, box, subject, limit }, options.port);
  const { port } = server.address() as AddressInfo;
  const address = `http://localhost:${port}/`;
  if (options.json) console.log(JSON.stringify({ address }));
  else console.log(`Vote at ${address} (Ctrl+C ends; answers are kept in ${folder}/votes)`);
}

/** The `lab vote` subcommand. */
export function labVoteCommand(): Command {
  return new Command('vote')
    .description('serve a page to vote on fills, blind; counts ballots that agree with themselves')
    .argument('<dir>', "a run's folder, or one with a folder of pictures for each method")
    .option('--subject <method>', 'ask only about this method and each other')
    .option('--limit <n>', 'ask so many pairs, drawn at random', integer(1))
    .option('--port <n>', 'port on this machine; 0 = a free one', integer(0, 65535), 0)
    .option('--results', 'count the ballots handed in, and serve nothing', false)
    .option('--json', 'JSON on stdout instead of words', false)
    .action(vote);
}
