/** The UI SDK's type. The module itself is imported by `index.ts` alone and handed down. */
import type addOnUISdk from 'https://new.express.adobe.com/static/add-on-sdk/sdk.js';

export type AddOnSdk = typeof addOnUISdk;
