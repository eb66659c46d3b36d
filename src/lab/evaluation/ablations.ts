/** The paper's ablations as lists of methods: options of `repaint-fill fill`, by name. */
import { countNetworkCalls } from '../../core/jump-schedule.js';
import { parseMethod, type Method } from './methods.js';

const walk = (steps: number, jumpLength: number, resamplings: number) =>
  `--steps ${steps} --jump-length ${jumpLength} --jump-samples ${resamplings}`;

/** Table 2: the same calls spent on smaller steps or on resampling (250, 499, 748, 997). */
const table2 = [
  `calls-250=--sampler replace ${walk(250, 1, 1)}`,
  ...[2, 3, 4].flatMap((r) => [
    `slower-${countNetworkCalls(250, 1, r)}=--sampler slowdown ${walk(250, 1, r)}`,
    `resampled-${countNetworkCalls(250, 1, r)}=${walk(250, 1, r)}`,
  ]),
];

/** Table 3: jump length and number of resamplings, T = 250. */
const table3 = [1, 5, 10].flatMap((j) => [5, 10, 15].map((r) => `j${j}-r${r}=${walk(250, j, r)}`));

/** Table 4: restarts from the middle against resampling, at the calls of 250, 10, 10. */
const table4 = [`repaint=${walk(250, 10, 10)}`, `sdedit=--sampler sdedit ${walk(250, 10, 10)}`];

/** Schedules down to 25 calls, from the paper's 2,410: the first is what others are compared with. */
const curve = (
  [
    [250, 10, 10],
    [250, 10, 5],
    [100, 10, 5],
    [50, 5, 5],
    [50, 5, 3],
    [25, 5, 3],
    [25, 5, 1],
  ] as const
).map(([t, j, r]) => `calls-${countNetworkCalls(t, j, r)}=${walk(t, j, r)}`);

const ablations = { table2, table3, table4, curve } as const;
export type AblationName = keyof typeof ablations;
export const ablationNames = Object.keys(ablations) as AblationName[];

/** The methods of an ablation. `common`: options that every one of them takes, such as the model. */
export function ablationMethods(name: AblationName, common: readonly string[]): Method[] {
  return ablations[name].map((text) => parseMethod(text, common));
}
