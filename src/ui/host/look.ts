/** Follows the host's theme and language. */
import type { AppEvent } from 'https://new.express.adobe.com/static/add-on-sdk/sdk.js';
import type { AddOnSdk } from './sdk.js';
import { Observed } from '../observed.js';

export type Colour = 'light' | 'dark';
export type PanelLocale = 'en' | 'zh-CN';

/** The host's older theme names count as their nearest: Spectrum keeps two. */
export function colourOf(theme: string): Colour {
  return theme.startsWith('dark') ? 'dark' : 'light';
}

/** The nearest language the panel speaks: any Chinese is zh-CN, the rest English. */
export function localeOf(hostLocale: string): PanelLocale {
  return /^zh\b/i.test(hostLocale.replace('_', '-')) ? 'zh-CN' : 'en';
}

/** Theme and language of the host, as they are now. */
export class HostLook extends Observed {
  colour: Colour;
  locale: PanelLocale;

  constructor({ app }: Pick<AddOnSdk, 'app'>) {
    super();
    this.colour = colourOf(app.ui.theme);
    this.locale = localeOf(app.ui.locale);
    app.on('themechange' as AppEvent.themechange, ({ theme }) => {
      this.colour = colourOf(theme);
      this.changed();
    });
    app.on('localechange' as AppEvent.localechange, ({ locale }) => {
      this.locale = localeOf(locale);
      this.changed();
    });
  }
}
