#!/usr/bin/env node
/** The command line: of a checkout from its source, of the package as it was bundled. */
import { existsSync } from 'node:fs';
import { URL } from 'node:url';

const hasSource = existsSync(new URL('./main.ts', import.meta.url));
if (hasSource) (await import('tsx/esm/api')).register();
const { main } = await import(hasSource ? './main.ts' : '../../build/cli/main.js');
await main(process.argv);
