/** The panel's languages: English in the source, the others loaded when asked for. */
import { configureLocalization } from '@lit/localize';
import { sourceLocale, targetLocales } from '../locales/locale-codes.js';
import type { PanelLocale } from './look.js';

export { localized, msg, str, updateWhenLocaleChanges } from '@lit/localize';

export const { getLocale, setLocale } = configureLocalization({
  sourceLocale,
  targetLocales,
  loadLocale: () => import('../locales/zh-CN.js'),
});

/** Switches the panel's language and tells assistive technology so. */
export async function speak(locale: PanelLocale): Promise<void> {
  await setLocale(locale);
  document.documentElement.lang = locale;
}
