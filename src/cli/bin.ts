/** Entry of the command line, bundled for the package. A checkout starts it through `bin.mjs`. */
import { main } from './main.js';

await main(process.argv);
