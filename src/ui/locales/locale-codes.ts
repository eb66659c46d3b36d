export const sourceLocale = `en`;
export const targetLocales = [`zh-CN`] as const;
export const allLocales = [`en`, `zh-CN`] as const;
