/** What `model add` found, chose and left, in lines that fit one screen. */
import { plainText } from '../checkpoint/checkpoint.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { FoundIn, ModelFindings } from '../protocol/model-shelf-api.js';

const mostNames = 8;

/** The first few of many names. */
function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return [...names.slice(0, mostNames), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function where(found: FoundIn | null): string {
  switch (found?.kind) {
    case 'file':
      return found.name;
    case 'preset':
      return `the published ${found.name}`;
    case 'weights':
      return "the weights' own shapes";
    case 'usual':
      return 'nowhere, so the usual one of its code';
  }
  return 'nowhere';
}

const placeOf = ({ path }: { readonly path: string }) => (path === '' ? 'the top' : `"${path}"`);

function weightsLine({ weights }: ModelFindings): string {
  const [taken, ...others] = weights;
  if (!taken) return 'as they are';
  const kind = taken.isEma ? 'EMA' : others.some(({ isEma }) => isEma) ? 'raw' : 'weights';
  const beside = others.map((other) => `${placeOf(other)}${other.isEma ? ' (EMA)' : ''}`);
  const choice = others.length > 0 ? `; beside them ${listed(beside)} (--weights takes those)` : '';
  return `${kind === 'weights' ? 'those' : kind} at ${placeOf(taken)} of the file${choice}`;
}

function networkLine(
  { network }: ModelFindings,
  { network: facts, classes, classifier }: ModelCard,
) {
  const millions = (count: number) => `${(count / 1e6).toFixed(1)} M parameters`;
  return [
    network,
    millions(facts.parameters),
    `${facts.nativeSize} x ${facts.nativeSize} px`,
    ...(classes.length > 0 ? [`${classes.length} classes`] : []),
    ...(classifier ? [`a classifier with ${millions(classifier.parameters)}`] : []),
  ].join(', ');
}

function scheduleLine({ schedule }: ModelFindings, { diffusion: d }: ModelCard): string {
  const range =
    d.betaSchedule === 'squaredcos_cap_v2'
      ? 'cosine'
      : `${d.betaSchedule} ${d.betaStart} to ${d.betaEnd}`;
  const told = d.rescaleTimesteps ? ', steps told of 1000' : '';
  return `${range}, ${d.numTrainTimesteps} steps${told}, ${d.predictionType}, ${d.varianceType}; from ${where(schedule)}`;
}

/** Lines of a name and what it is; texts from files are made safe for a terminal. */
export function findingLines(findings: ModelFindings, card: ModelCard): string[] {
  const { checkpoint } = card;
  const shards = checkpoint.shards ? ` and ${checkpoint.shards.length} more` : '';
  const lines: readonly (readonly [string, string])[] = [
    ['found', `${checkpoint.path}${shards}: ${networkLine(findings, card)}`],
    ['weights', weightsLine(findings)],
    ['config', where(findings.config)],
    ['noise', scheduleLine(findings, card)],
    ['left', listed(findings.left) || 'nothing'],
  ];
  return lines.map(([name, text]) => plainText(`${name.padEnd(10)}${text}`));
}
