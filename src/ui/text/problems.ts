/** Each problem as one sentence and what to do next. */
import { msg, str } from '../host/localisation.js';
import type { Problem, ProblemCode } from '../problem.js';
import { maxImageSide, minImageSide } from '../../image/file-kind.js';
import { number } from './format.js';
import { addedModelTexts, addingTexts, modelTexts, shelfTexts } from './model-problems.js';

export interface ProblemText {
  readonly sentence: string;
  readonly nextStep: string;
}

export type ProblemTexts = Record<ProblemCode, (detail?: string) => ProblemText>;

const selectionTexts: Pick<
  ProblemTexts,
  | 'noSelection'
  | 'shapesWithoutImage'
  | 'imageWithoutShapes'
  | 'regionOutsideImage'
  | 'severalImages'
  | 'unsupportedMedia'
  | 'fillSelected'
  | 'regionEmpty'
  | 'regionCoversEverything'
> = {
  noSelection: () => ({
    sentence: msg('Nothing is selected.'),
    nextStep: msg('Select a photo and paint over the part to fill here, or draw a shape over it.'),
  }),
  shapesWithoutImage: () => ({
    sentence: msg('There is no photo on this page to fill.'),
    nextStep: msg('Add a photo, then draw a shape over it and select the shape.'),
  }),
  imageWithoutShapes: () => ({
    sentence: msg('The photo is selected, but no region is marked.'),
    nextStep: msg('Paint over the part to fill in the picture here, or draw a shape over it.'),
  }),
  regionOutsideImage: () => ({
    sentence: msg('The selected shape does not lie on a photo.'),
    nextStep: msg('Move the shape over the photo; it may reach past the edge, to expand it.'),
  }),
  severalImages: () => ({
    sentence: msg('More than one photo is selected.'),
    nextStep: msg('Select one photo and the shapes over it.'),
  }),
  unsupportedMedia: () => ({
    sentence: msg('Only photos can be filled, and this is another kind of media.'),
    nextStep: msg('Select a shape over a PNG or JPEG photo.'),
  }),
  fillSelected: () => ({
    sentence: msg('A fill is selected whose photo is gone.'),
    nextStep: msg('Select another photo, or bring that one back by undo.'),
  }),
  regionEmpty: () => ({
    sentence: msg('The marked region has no area on the photo.'),
    nextStep: msg('Draw a larger shape over the part to fill.'),
  }),
  regionCoversEverything: () => ({
    sentence: msg('The region covers the whole photo, so nothing is left to continue from.'),
    nextStep: msg('Mark less of it: make the shape smaller, or use the eraser here.'),
  }),
};

const imageTexts: Pick<
  ProblemTexts,
  | 'imageTooSmall'
  | 'imageTooLarge'
  | 'expandedTooLarge'
  | 'imageUnreadable'
  | 'imageKindUnreadable'
  | 'imageCutOff'
  | 'pixelsRefused'
> = {
  imageTooSmall: () => ({
    sentence: msg(str`The photo is smaller than ${number(minImageSide)} px.`),
    nextStep: msg('Use a larger photo, or enlarge its visible crop.'),
  }),
  imageTooLarge: () => ({
    sentence: msg(str`The photo is larger than ${number(maxImageSide)} px.`),
    nextStep: msg('Replace it with a smaller copy, then select again.'),
  }),
  expandedTooLarge: () => ({
    sentence: msg(
      str`Expanded as far as this, the photo would be larger than ${number(maxImageSide)} px.`,
    ),
    nextStep: msg('Let the shape reach less far past the photo’s edge.'),
  }),
  imageUnreadable: () => ({
    sentence: msg('The photo’s file cannot be read.'),
    nextStep: msg('Replace the photo with a PNG or JPEG copy, then select again.'),
  }),
  imageKindUnreadable: (kind = '?') => ({
    sentence: msg(str`The photo’s file is ${kind}, which cannot be read here.`),
    nextStep: msg('Replace the photo with a PNG or JPEG copy, then select again.'),
  }),
  imageCutOff: (kind = '?') => ({
    sentence: msg(str`The photo’s ${kind} file is cut off.`),
    nextStep: msg('Replace the photo with a PNG or JPEG copy, then select again.'),
  }),
  pixelsRefused: () => ({
    sentence: msg('Adobe Express did not hand out the page’s pixels.'),
    nextStep: msg('Check that this page may be downloaded: premium content can prevent it.'),
  }),
};

const runTexts: Omit<
  ProblemTexts,
  | keyof typeof selectionTexts
  | keyof typeof imageTexts
  | keyof typeof modelTexts
  | keyof typeof shelfTexts
> = {
  nonFinite: () => ({
    sentence: msg('The model answered with values that are not numbers.'),
    nextStep: msg('Continue, or choose the other backend under Advanced.'),
  }),
  badRequest: () => ({
    sentence: msg('The fill was refused because a setting does not fit.'),
    nextStep: msg('Choose one of the named qualities, then try again.'),
  }),
  internal: () => ({
    sentence: msg('The fill stopped unexpectedly.'),
    nextStep: msg('Finished fills are kept. Continue with those that are left.'),
  }),
  settingsRefused: () => ({
    sentence: msg('These settings do not fit together.'),
    nextStep: msg('Change them under Advanced, or choose one of the named qualities.'),
  }),
  sandboxSilent: () => ({
    sentence: msg('Adobe Express does not answer.'),
    nextStep: msg('Wait a moment and try again, or open the add-on again.'),
  }),
  sandboxStale: () => ({
    sentence: msg('An older part of this add-on is still loaded.'),
    nextStep: msg('Reload the page to finish the update.'),
  }),
  workerCrashed: () => ({
    sentence: msg('The fill’s background process ended unexpectedly.'),
    nextStep: msg('Finished fills are kept. Continue with those that are left.'),
  }),
  workerSilent: () => ({
    sentence: msg('The graphics processor or its driver does not answer any more.'),
    nextStep: msg('Go on: the fill continues on a new process, where it last stood.'),
  }),
  fillLeft: () => ({
    sentence: msg('A finished fill was not on the page yet when the panel was closed.'),
    nextStep: msg('It is kept here: add it, or download it.'),
  }),
  modelChanged: () => ({
    sentence: msg('This fill was begun with another model.'),
    nextStep: msg('Choose that model under Models and go on, or discard this fill.'),
  }),
  panelClosed: () => ({
    sentence: msg('The panel was closed before this fill was finished.'),
    nextStep: msg('Nothing is lost: it goes on where it stopped, to the same picture.'),
  }),
  progressDamaged: () => ({
    sentence: msg('What was stored of this fill’s progress is damaged.'),
    nextStep: msg('Go on and it is made again from its start, or discard it.'),
  }),
  leftDamaged: () => ({
    sentence: msg('What a closed panel left of a fill is damaged, or of another version.'),
    nextStep: msg('It cannot go on: discard it and fill again.'),
  }),
  targetGone: () => ({
    sentence: msg('The photo was deleted while it was being filled.'),
    nextStep: msg('The finished fill can be added at the top of the page.'),
  }),
  otherPage: () => ({
    sentence: msg('The photo of this fill is on another page.'),
    nextStep: msg('Open that page and the fill is added there, or place it on this page.'),
  }),
  targetChanged: () => ({
    sentence: msg('The photo was mirrored, stretched or replaced while it was being filled.'),
    nextStep: msg('Undo that and try again, or place the fill at the top of the page.'),
  }),
  layerNotAdded: () => ({
    sentence: msg('A finished fill could not be added to the page.'),
    nextStep: msg('It is kept here. Try to add it again.'),
  }),
  fillPixelsGone: () => ({
    sentence: msg('The pixels of this fill are not at hand any more.'),
    nextStep: msg('Fill again with its seed and settings, then vary that.'),
  }),
};

const texts: ProblemTexts = {
  ...selectionTexts,
  ...imageTexts,
  ...modelTexts,
  ...shelfTexts,
  ...runTexts,
};

/** What the user was about when it happened; the same failure asks for another next step. */
export type ProblemPlace = 'fill' | 'adding' | 'addedModel';

const textsAt: Record<ProblemPlace, Partial<ProblemTexts>> = {
  fill: {},
  adding: addingTexts,
  addedModel: addedModelTexts,
};

/** Puts a problem into words, in the panel's language. */
export function problemText({ code, detail }: Problem, place: ProblemPlace = 'fill'): ProblemText {
  return (textsAt[place][code] ?? texts[code])(detail);
}
