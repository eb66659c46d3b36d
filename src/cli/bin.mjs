#!/usr/bin/env node
/** Runs the TypeScript command line from a plain checkout. */
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
await main(process.argv);
