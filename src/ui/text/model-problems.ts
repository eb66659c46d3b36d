/** Problems with models: while one is loaded, and while one is added. */
import { msg } from '../host/localisation.js';
import type { ProblemTexts } from './problems.js';

export const modelTexts: Pick<
  ProblemTexts,
  | 'noWebGpu'
  | 'deviceLost'
  | 'outOfMemory'
  | 'modelFetch'
  | 'networkGone'
  | 'modelHash'
  | 'modelShape'
  | 'modelUnusable'
  | 'modelUnknown'
  | 'selfTestFailed'
  | 'storageFull'
  | 'cancelled'
> = {
  noWebGpu: () => ({
    sentence: msg('This browser offers no WebGPU to the add-on.'),
    nextStep: msg('Choose the automatic backend under Advanced to use the processor instead.'),
  }),
  deviceLost: () => ({
    sentence: msg('The graphics processor was reset while filling.'),
    nextStep: msg('Finished fills are kept. Continue with those that are left.'),
  }),
  outOfMemory: () => ({
    sentence: msg('There was not enough memory for this fill.'),
    nextStep: msg('Close other tabs or choose the Draft quality, then continue.'),
  }),
  modelFetch: () => ({
    sentence: msg('The model’s file is missing or could not be loaded.'),
    nextStep: msg('Try again; if that does not help, install the add-on again.'),
  }),
  networkGone: () => ({
    sentence: msg('The background process that downloads does not answer any more.'),
    nextStep: msg('Reload the page or open the add-on again: a download goes on where it stopped.'),
  }),
  modelHash: () => ({
    sentence: msg('The model’s file is damaged: its checksum is wrong.'),
    nextStep: msg('Try again; if that does not help, install the add-on again.'),
  }),
  modelShape: () => ({
    sentence: msg('The model does not fit what the add-on expects.'),
    nextStep: msg('Install the add-on again.'),
  }),
  modelUnusable: () => ({
    sentence: msg('These files do not make a model that can run here.'),
    nextStep: msg('Check that the checkpoint is whole and that its config belongs to it.'),
  }),
  modelUnknown: () => ({
    sentence: msg('This model is not there.'),
    nextStep: msg('Check the name or address, or add the model again.'),
  }),
  selfTestFailed: () => ({
    sentence: msg('With this config the model does not recognise noise in sample photos.'),
    nextStep: msg('It would fill with garbage: check that the config belongs to the checkpoint.'),
  }),
  storageFull: () => ({
    sentence: msg('There is not enough storage for this model.'),
    nextStep: msg('Remove a model, or free space on this machine, then try again.'),
  }),
  cancelled: () => ({
    sentence: msg('Adding the model was cancelled.'),
    nextStep: msg('Add it again whenever you like: a download goes on where it stopped.'),
  }),
};

export const shelfTexts: Pick<ProblemTexts, 'shelfCrashed' | 'shelfFailed'> = {
  shelfCrashed: () => ({
    sentence: msg('The background process that keeps the models ended unexpectedly.'),
    nextStep: msg('Models on this machine are not lost. Try again: it is started anew.'),
  }),
  shelfFailed: () => ({
    sentence: msg('The models on this machine cannot be read.'),
    nextStep: msg('Try again, or open the add-on again.'),
  }),
};

const chooseAnother = () =>
  msg('Choose another model under Models, or remove this one and add it again.');

/** The model in use is one the user has added: installing the add-on again would not help. */
export const addedModelTexts: Partial<ProblemTexts> = {
  modelFetch: () => ({ ...modelTexts.modelFetch(), nextStep: chooseAnother() }),
  modelHash: () => ({ ...modelTexts.modelHash(), nextStep: chooseAnother() }),
  modelShape: () => ({ ...modelTexts.modelShape(), nextStep: chooseAnother() }),
  modelUnknown: () => ({ ...modelTexts.modelUnknown(), nextStep: chooseAnother() }),
  outOfMemory: () => ({
    sentence: msg('There was not enough memory for this model.'),
    nextStep: msg('Close other tabs, or choose a smaller model under Models.'),
  }),
};

const stoppedUnexpectedly = () => ({
  sentence: msg('Adding the model stopped unexpectedly.'),
  nextStep: msg('Try again; if that does not help, check the files.'),
});

/** While a model is looked at or added. */
export const addingTexts: Partial<ProblemTexts> = {
  modelShape: modelTexts.modelUnusable,
  modelFetch: () => ({
    sentence: msg('The download did not get through.'),
    nextStep: msg('Check the address and the connection, then go on where it stopped.'),
  }),
  modelHash: () => ({
    sentence: msg('What arrived is damaged: its checksum is wrong.'),
    nextStep: msg('Remove what was downloaded, then add the model again.'),
  }),
  modelUnknown: () => ({
    sentence: msg('There is no model at this name or address.'),
    nextStep: msg('Check the spelling: a Hugging Face name looks like owner/name.'),
  }),
  outOfMemory: () => ({
    sentence: msg('There was not enough memory to convert this model.'),
    nextStep: msg('Close other tabs and try again, or add a smaller model.'),
  }),
  deviceLost: () => ({
    sentence: msg('The graphics processor was reset while the model was tested.'),
    nextStep: msg('Try again, with no other heavy work running.'),
  }),
  badRequest: () => ({
    sentence: msg('Another model is being added in another window.'),
    nextStep: msg('Wait until it is done, then try again.'),
  }),
  internal: stoppedUnexpectedly,
  shelfFailed: stoppedUnexpectedly,
};
