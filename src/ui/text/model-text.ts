/** Models in words: what one is, how far one is added, how much room there is. */
import { manifestBytes, type ModelCard, type ModelManifest } from '../../protocol/model-card.js';
import type {
  AddModelProgress,
  FoundIn,
  ModelFindings,
  ModelLook,
  ModelOrigin,
  Shelf,
} from '../../protocol/model-shelf-api.js';
import type { ModelSpeed } from '../../protocol/compute-device.js';
import { msg, str } from '../host/localisation.js';
import { hasAllWords, type AddingState, type ModelForm } from '../models/model-adding.js';
import { hostOf } from '../../protocol/hub-address.js';
import { fileSize, listed, milliseconds, number, size } from './format.js';
import { deviceText } from './names.js';

export function classesText(count: number): string {
  if (count === 0) return msg('no classes');
  return count === 1 ? msg('1 class') : msg(str`${number(count)} classes`);
}

function nativeSizeText(side: number): string {
  return size({ width: side, height: side });
}

/** "64 × 64 px, 6 classes, 26 MB". */
export function factsText(manifest: ModelManifest): string {
  const { network, classes } = manifest.card;
  return listed([
    nativeSizeText(network.nativeSize),
    classesText(classes.length),
    fileSize(manifestBytes(manifest)),
  ]);
}

/** "41 ms a call (WebGPU, nvidia ampere, 16-bit)". */
export function speedText(speed: ModelSpeed | null): string {
  if (!speed) return msg('Its speed is measured when it is first used.');
  return msg(str`${milliseconds(speed.msPerCall)} a call (${deviceText(speed.device)})`);
}

type Training = NonNullable<ModelCard['training']>;

/** How a network was trained, where its card says so. */
function trainingText({ photos, cropsSeen, minutes, finishedOn }: Training): string {
  const text = msg(
    str`${number(cropsSeen)} crops of ${number(photos)} photos in ${number(Math.round(minutes))} minutes`,
  );
  return finishedOn === undefined ? text : listed([text, finishedOn]);
}

/** Titles and texts of a card that are folded at first. */
export function cardDetails(card: ModelCard): { title: string; text: string }[] {
  const { trainingData, bias, limits, licence, training } = card;
  return [
    { title: msg('Training data'), text: trainingData },
    ...(training ? [{ title: msg('Training'), text: trainingText(training) }] : []),
    { title: msg('Bias'), text: bias },
    { title: msg('Limits'), text: limits },
    { title: msg('Licence'), text: licence },
  ];
}

export function storageText({ usage }: Shelf): string {
  if (!usage) return msg('This browser does not say how much storage is free.');
  const { usedBytes, quotaBytes } = usage;
  const free = Math.max(0, quotaBytes - usedBytes);
  return msg(str`${fileSize(usedBytes)} used, ${fileSize(free)} free`);
}

/** What was found out before anything is added. */
export function lookText({ nativeSize, classCount, totalBytes }: ModelLook): string {
  const known = [
    nativeSize === null ? '' : nativeSizeText(nativeSize),
    nativeSize === null ? '' : classesText(classCount),
    totalBytes === null ? '' : fileSize(totalBytes),
  ];
  return listed(known);
}

/** Where a network's weights lie in the file, and whether they are a running mean. */
export function weightsText({ path, isEma }: ModelFindings['weights'][number]): string {
  const place = path === '' ? msg('at the top of the file') : path;
  return isEma ? msg(str`${place} (EMA, the running mean)`) : place;
}

function foundText(found: FoundIn): string {
  switch (found.kind) {
    case 'file':
      return found.name;
    case 'preset':
      return found.name;
    case 'weights':
      return msg('the shapes of the weights');
    case 'usual':
      return msg('what is usual for its code');
  }
}

const mostNames = 6;

/** What was found, what was chosen of it, and what was left. */
export function findingsTexts({
  network,
  weights,
  config,
  schedule,
  left,
}: ModelFindings): string[] {
  const [taken, ...others] = weights;
  const names = left.length > mostNames ? [...left.slice(0, mostNames), '…'] : left;
  return [
    network,
    ...(taken && others.length === 0 && taken.path !== ''
      ? [msg(str`Weights: ${weightsText(taken)}`)]
      : []),
    ...(config ? [msg(str`Settings from: ${foundText(config)}`)] : []),
    ...(schedule ? [msg(str`Noise schedule from: ${foundText(schedule)}`)] : []),
    ...(left.length > 0 ? [msg(str`Not used: ${listed(names)}`)] : []),
  ];
}

/** Why the form cannot be sent yet; empty when it can. */
export function incompleteText({ look, words, preset }: ModelForm): string {
  if (look.questions.some(({ kind }) => kind === 'missingFiles')) {
    return msg('Give the missing files first.');
  }
  if (look.questions.some(({ kind }) => kind === 'preset') && preset === null) {
    return msg('Choose which network it is first.');
  }
  return hasAllWords(words)
    ? ''
    : msg('Fill in every field; write “unknown” where you do not know.');
}

/** Downloads are the one thing that talks to the network; the user is told what and with whom. */
export function transferText(origin: ModelOrigin, { totalBytes }: ModelLook): string {
  if (origin.kind === 'files') return msg('The files are read here and stay on this machine.');
  const host = hostOf(origin) ?? msg('huggingface.co or its mirror hf-mirror.com');
  return totalBytes === null
    ? msg(str`This downloads from ${host}. It only fetches: nothing of yours is sent.`)
    : msg(
        str`This downloads ${fileSize(totalBytes)} from ${host}. It only fetches: nothing of yours is sent.`,
      );
}

/** Done of total, or null while there is nothing to count. */
export function fractionOf(progress: AddModelProgress | null): number | null {
  if (!progress?.total) return null;
  return Math.min(1, progress.done / progress.total);
}

/** The stage alone, as a screen reader is told of it. */
export function stageName(progress: AddModelProgress | null): string {
  switch (progress?.stage) {
    case 'download':
      return msg('Downloading …');
    case 'read':
      return msg('Reading the files …');
    case 'convert':
      return msg('Converting …');
    case 'test':
      return msg('Testing …');
    default:
      return msg('Starting …');
  }
}

function uncountedText(progress: AddModelProgress | null): string {
  return progress?.stage === 'download'
    ? msg(str`Downloading: ${fileSize(progress.done)}`)
    : stageName(progress);
}

/** The stage, and how far it is as counted. */
export function stageText(progress: AddModelProgress | null): string {
  if (!progress || progress.total === null) return uncountedText(progress);
  const { stage, done, total } = progress;
  const percent = number(100 * (fractionOf(progress) ?? 0));
  switch (stage) {
    case 'download':
      return msg(str`Downloading: ${fileSize(done)} of ${fileSize(total)}`);
    case 'read':
      return msg(str`Reading the files: ${percent}%`);
    case 'convert':
      return msg(str`Converting: ${percent}%`);
    case 'test':
      return msg(str`Testing: ${number(done)} of ${number(total)} calls`);
  }
}

/** One line for the main page while something is being added; empty otherwise. */
export function addingText(state: AddingState): string {
  if (state.kind !== 'adding') return '';
  return msg(str`Adding ${state.words.name}. ${stageText(state.progress)}`);
}

/** What shipped models know, in the panel's language; others say it in their card. */
const shippedKnows: Record<string, (() => string) | undefined> = {
  'garden-64': () => msg('garden-64 knows garden flowers and landscapes, nothing else.'),
};

/** What a model is, in the panel's language where it ships with it. */
export function summaryText({ id, summary }: ModelCard): string {
  return shippedKnows[id]?.() ?? summary;
}

/** One line on what a model can be asked for. */
export function knowsText(card: ModelCard): string {
  const isNamed = shippedKnows[card.id] !== undefined;
  return isNamed ? summaryText(card) : `${card.name}: ${card.summary}`;
}
