/** Methods by name: our own fill with some options, a program of the user's Python, or a folder. */
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { RepaintError } from '../../protocol/failure.js';

export const pythonPrograms = ['telea', 'navier-stokes', 'patchmatch', 'resynthesizer'] as const;
export type PythonProgram = (typeof pythonPrograms)[number];

/** A method as the user named it. `how`: what is kept in the run's plan, so that shards agree. */
export type Method = { readonly name: string; readonly how: string } & (
  | { readonly kind: 'fill'; readonly options: readonly string[] }
  | { readonly kind: 'python'; readonly program: PythonProgram }
  | { readonly kind: 'folder'; readonly folder: string }
);

/** One filled picture. */
export interface Made {
  readonly picture: RgbaImage;
  /** Network calls; null for programs that make none. */
  readonly nfe: number | null;
}

/** What is to be filled. The photo is grey in the hole: nothing of the answer can leak. */
export interface Task {
  readonly photo: RgbaImage;
  readonly hole: Coverage;
  readonly seed: number;
  /** Names for folders of pictures: the photo's file name and the mask's name. */
  readonly photoName: string;
  readonly maskName: string;
}

/** A method ready to fill. */
export interface Maker {
  /** Throws when it cannot fill this one: counted, not fatal. */
  make(task: Task): Promise<Made>;
  release(): Promise<void>;
}

/** Names that stand for options of `repaint-fill fill`. */
const fillMethods: Readonly<Record<string, readonly string[]>> = {
  photo: ['--prior', 'photo'],
  model: ['--prior', 'model'],
  both: ['--prior', 'both'],
  draft: ['--preset', 'draft'],
  balanced: ['--preset', 'balanced'],
  best: ['--preset', 'best'],
  repaint: ['--sampler', 'repaint'],
  replace: ['--sampler', 'replace'],
  slowdown: ['--sampler', 'slowdown'],
  sdedit: ['--sampler', 'sdedit'],
  ddim: ['--eta', '0'],
};

const isProgram = (name: string): name is PythonProgram =>
  (pythonPrograms as readonly string[]).includes(name);

function fillMethod(name: string, options: readonly string[], common: readonly string[]): Method {
  // What is said later holds, so a method's own options are said last.
  const all = [...common, ...options];
  return { name, how: ['fill', ...all].join(' '), kind: 'fill', options: all };
}

function expectName(name: string): void {
  if (/^[\w.-]+$/.test(name) && !name.startsWith('.')) return;
  throw new RepaintError(
    'badRequest',
    `A method's name may have letters, digits, ".", "_" and "-", got "${name}".`,
  );
}

/**
 * Reads one method: a known name, or `name=OPTIONS` with options of `repaint-fill fill`, or
 * `name=folder:PATH` with pictures that another program made.
 * `common`: options that every fill takes.
 * Throws: RepaintError badRequest.
 */
export function parseMethod(text: string, common: readonly string[] = []): Method {
  const [name, ...rest] = text.trim().split('=');
  const how = rest.join('=').trim();
  expectName(name);
  if (how.startsWith('folder:')) return { name, how, kind: 'folder', folder: how.slice(7) };
  if (how.startsWith('-')) return fillMethod(name, how.split(/\s+/), common);
  if (how === '' && isProgram(name)) return { name, how: name, kind: 'python', program: name };
  if (how === '' && Object.hasOwn(fillMethods, name))
    return fillMethod(name, fillMethods[name], common);
  const names = [...Object.keys(fillMethods), ...pythonPrograms].join(', ');
  throw new RepaintError(
    'badRequest',
    `There is no method "${text.trim()}"; give some of ${names}, or NAME=--options of fill, or NAME=folder:PATH.`,
  );
}

/** Throws: RepaintError badRequest when there are none, or two share a name. */
export function expectDistinct<T extends { readonly name: string }>(
  items: readonly T[],
  what: string,
): readonly T[] {
  const names = items.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined && items.length > 0) return items;
  throw new RepaintError(
    'badRequest',
    twice === undefined
      ? `No ${what} is named; give one or more, separated by commas.`
      : `Two ${what}s are called "${twice}"; give each a name of its own.`,
  );
}

/** Parts a list at its commas. */
export const listed = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
