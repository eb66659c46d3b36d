/** A fill in words: which it is, and how it was made. */
import type { FillRecord } from '../../protocol/sandbox-api.js';
import { presetOf, recordedSettings } from '../fill/choices.js';
import { getLocale, msg, str } from '../host/localisation.js';
import { listed, number, percent } from './format.js';
import { presetTitles } from './names.js';

/** "14:03", with the day where it is another. */
function timeText(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : ({ month: 'short', day: 'numeric' } as const);
  const style = { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat(getLocale(), style).format(at);
}

/** "Fill 2, 14:03": the number never changes. */
export function fillTitle({ number: index, madeAt }: FillRecord, now = Date.now()): string {
  return msg(str`Fill ${number(index)}, ${timeText(madeAt, now)}`);
}

/** "Good, from this photo, 40 % from fill 1". */
export function recipeText({ settings, modelId, like, strength }: FillRecord): string {
  const recorded = recordedSettings(settings);
  const origins = {
    photo: () => msg('from this photo'),
    model: () => msg(str`from ${modelId}`),
    both: () => msg(str`from ${modelId} and this photo`),
  };
  const varied = like > 0 ? msg(str`${percent(strength)} away from fill ${number(like)}`) : '';
  if (!recorded) return listed([modelId, varied]);
  return listed([presetTitles[presetOf(recorded)](), origins[recorded.prior](), varied]);
}
