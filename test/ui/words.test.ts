import { describe, expect, test } from 'vitest';
import { failureCodes } from '../../src/protocol/failure.js';
import { presetNames, presets } from '../../src/protocol/presets.js';
import { planFill } from '../../src/fill/plan.js';
import {
  customise,
  customiseWalk,
  firstChoices,
  parseChoices,
  recordedSettings,
  settingsOf,
} from '../../src/ui/fill/choices.js';
import { firstPhotoPace, planCost } from '../../src/fill/cost.js';
import { Pace, estimateMs, parsePace } from '../../src/ui/fill/estimate.js';
import { seedsFrom } from '../../src/ui/fill/seeds.js';
import { colourOf, localeOf } from '../../src/ui/host/look.js';
import { panelProblems, selectionProblems } from '../../src/ui/problem.js';
import { templates } from '../../src/ui/locales/zh-CN.js';
import { duration, milliseconds } from '../../src/ui/text/format.js';
import { runningText } from '../../src/ui/text/names.js';
import { levelLines, planSummary, stepsText, timeLeftText } from '../../src/ui/text/plan-text.js';
import { problemText } from '../../src/ui/text/problems.js';
import { card } from './fake-worker.js';

const plan = planFill({
  imageSize: { width: 640, height: 480 },
  maskBounds: { x: 200, y: 150, width: 120, height: 100 },
  card,
  settings: { ...presets.draft, prior: 'model' },
});
const model = {
  card,
  msPerCall: 10,
  device: {
    backend: 'webgpu',
    adapter: '',
    sampler: 'gpu',
    isCaptured: true,
    fallbackReason: null,
    precision: 'float32',
    storage: 'opfs',
  },
} as const;

const whole = {
  width: 100,
  height: 100,
  bounds: { x: 0, y: 0, width: 200, height: 200 },
  partBounds: { x: 20, y: 20, width: 200, height: 100 },
};

describe('problems', () => {
  test.each([...failureCodes, ...selectionProblems, ...panelProblems])(
    '%s is one sentence with a next step',
    (code) => {
      const { sentence, nextStep } = problemText({ code });
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(nextStep).toMatch(/^[A-Z].*\.$/);
      expect(`${sentence} ${nextStep}`).not.toMatch(/plugin|addon\b|undefined/);
    },
  );
});

describe('the plan in words', () => {
  test('says the time first, then the steps of each fill', () => {
    const steps = new Intl.NumberFormat('en').format(plan.nfe);
    const time = duration(estimateMs(plan, 3, model));
    expect(planSummary(plan, 3, model)).toBe(`About ${time} for 3 fills, ${steps} steps each`);
    expect(planSummary(plan, 1, model)).toMatch(` for 1 fill, ${steps} steps`);
  });

  test('has one line a level, whose steps add up', () => {
    const lines = levelLines(plan);
    expect(lines).toHaveLength(plan.levels.length);
    const calls = lines.map((line) => Number(/, (\d+) steps$/.exec(line)?.[1]));
    expect(calls.reduce((a, b) => a + b)).toBe(plan.nfe);
  });

  test('estimates the photo’s own levels by the region’s pixels, and what prepares them', () => {
    const level = {
      ...plan.levels[0],
      network: 'coherent',
      startTimestep: 300,
      nfe: 10,
      ...whole,
    } as const;
    // 20,000 of the part's pixels at half the crop's size are 5,000 a call, and four calls' worth of
    // searching before the first; 0.3 for each thousand of the crop's 40,000.
    const cost = (10 + 4) * 5 + 0.3 * 40;
    expect(estimateMs({ ...plan, levels: [level] }, 3, null, 2)).toBeCloseTo(3 * 2 * cost);
    const first = { ...level, startTimestep: null };
    expect(estimateMs({ ...plan, levels: [first] }, 1, null, 1)).toBeCloseTo(cost + 10 * 5);
  });

  test('learns the photo’s pace from a run, and forgets what is none', () => {
    const level = { ...plan.levels[0], network: 'coherent', startTimestep: 300, ...whole } as const;
    const pace = new Pace();
    const ran = { ...plan, levels: [level] };
    expect(pace.photoPace(ran, 1)).toBeNull();
    const progress = {
      fill: 0,
      batch: 1,
      fills: 1,
      level: 0,
      nfe: 5,
      nfeTotal: 9,
      msPerCall: 40,
      remainingMs: 1,
    };
    pace.hear(progress, 1000);
    expect(pace.photoPace(ran, 1)).toBeCloseTo(40 / 5);
    // What passes between the calls counts as well.
    pace.hear(progress, 9000);
    expect(pace.photoPace(ran, 2)).toBeCloseTo(8000 / (2 * planCost(ran, null, false)));
    const mixed = { ...ran, levels: [level, plan.levels[0]] };
    expect(pace.photoPace(mixed, 2)).toBeCloseTo(40 / 5);
    expect(parsePace(8)).toBe(8);
    for (const none of [undefined, null, '8', NaN, -1, 0, Infinity, 1e9])
      expect(parsePace(none)).toBe(firstPhotoPace);
  });

  test('estimates by pixels from the measured call', () => {
    const [level] = plan.levels;
    const doubled = { ...plan, levels: [{ ...level, width: 128, height: 64, nfe: 5 }] };
    expect(estimateMs(doubled, 2, model)).toBe(2 * 5 * 10 * 2);
  });

  test('shows progress as measured', () => {
    const progress = {
      fill: 0,
      batch: 1,
      fills: 3,
      level: 0,
      nfe: 1200,
      nfeTotal: 2410,
      msPerCall: 8.44,
    };
    expect(stepsText({ ...progress, remainingMs: null })).toBe('1,200 of 2,410 steps, 8.4 ms each');
    expect(timeLeftText({ ...progress, remainingMs: null })).toBe('Measuring the pace …');
    expect(timeLeftText({ ...progress, remainingMs: 65_000 })).toBe('About 1 min 5 s left');
  });

  test.each([
    [0, '1 s'],
    [59_400, '59 s'],
    [125_000, '2 min 5 s'],
    [540_000, '9 min'],
    [3_660_000, '1 h 1 min'],
  ])('says %i ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('rounds milliseconds to what matters', () => {
    expect([milliseconds(0.84), milliseconds(41.6)]).toEqual(['0.8 ms', '42 ms']);
  });
});

describe('choices', () => {
  test('survive being kept, and fall back when they do not fit', () => {
    const chosen = { ...firstChoices, fills: 4, seed: 7, classLabel: 1 };
    expect(parseChoices(structuredClone(chosen))).toEqual(chosen);
    for (const kept of [undefined, null, 'x', { ...chosen, fills: 9 }, { fills: 2 }])
      expect(parseChoices(kept)).toEqual(firstChoices);
  });

  test('a walk without an end, from somebody else’s document, is no setting', () => {
    const { draft } = presets;
    const settings = { ...draft, prior: 'photo', classLabel: null };
    expect(recordedSettings(JSON.stringify(settings))).toMatchObject({ prior: 'photo' });
    for (const wrong of [
      { coarse: { ...draft.coarse, resamplings: 1e9 } },
      { coarse: { ...draft.coarse, numInferenceSteps: 1e9 } },
      { photo: { ...draft.photo, refine: { ...draft.photo.refine, jumpLength: 1e9 } } },
      { growPx: 1e9 },
      { guidanceScale: 1e300 },
    ]) {
      expect(recordedSettings(JSON.stringify({ ...settings, ...wrong }))).toBeNull();
    }
  });

  test.each(presetNames)('%s gives its preset with the class chosen', (preset) => {
    const settings = settingsOf({ ...firstChoices, prior: 'both', preset, classLabel: 1 });
    expect(settings).toEqual({ ...presets[preset], prior: 'both', classLabel: 1 });
  });

  test('the photo knows no classes', () => {
    expect(settingsOf({ ...firstChoices, classLabel: 1 })).toEqual(presets.balanced);
  });

  test('the photo’s levels walk as chosen', () => {
    const { photo, coarse } = settingsOf(customiseWalk(firstChoices, { eta: 0.5, resamplings: 9 }));
    expect(photo).toMatchObject({ coarse: { eta: 0.5, resamplings: 9 }, refine: { eta: 0.5 } });
    expect(coarse).toEqual(presets.balanced.coarse);
  });

  test('a changed number makes them custom, from the preset they were', () => {
    const changed = customise({ ...firstChoices, preset: 'draft' }, { featherPx: 9 });
    expect(changed.preset).toBe('custom');
    expect(settingsOf(changed)).toEqual({ ...presets.draft, featherPx: 9 });
  });

  test('finer levels take the denoiser of the first', () => {
    const { coarse, refine } = settingsOf(
      customiseWalk({ ...firstChoices, prior: 'model' }, { eta: 0.5 }),
    );
    expect([coarse, ...refine].map(({ eta }) => eta)).toEqual([0.5, 0.5, 0.5]);
    expect(refine[0].numInferenceSteps).toBe(presets.balanced.refine[0].numInferenceSteps);
  });
});

describe('what runs where', () => {
  const { device } = model;

  test('is said once, with the parts that are known', () => {
    expect(runningText({ ...device, adapter: 'nvidia ampere', precision: 'float16' })).toBe(
      'WebGPU, nvidia ampere, 16-bit, sampler on the GPU, captured graph',
    );
    expect(runningText({ ...device, sampler: 'cpu', isCaptured: false })).toBe(
      'WebGPU, 32-bit, sampler on the processor',
    );
    const processor = { ...device, backend: 'wasm', sampler: 'cpu', isCaptured: false } as const;
    expect(runningText(processor)).toBe('Processor, 1 thread, 32-bit');
  });
});

test('seeds count on, past the largest', () => {
  expect(seedsFrom(0xffffffff, 2)).toEqual([0xffffffff, 0]);
});

test('the host’s look is followed to the nearest the panel has', () => {
  expect(['light', 'lightest', 'dark', 'darkest'].map(colourOf)).toEqual([
    'light',
    'light',
    'dark',
    'dark',
  ]);
  expect(['zh-CN', 'zh_TW', 'zh', 'en-GB', 'zho', 'de'].map(localeOf)).toEqual([
    'zh-CN',
    'zh-CN',
    'zh-CN',
    'en',
    'en',
    'en',
  ]);
});

test('the Chinese is Chinese', () => {
  const sameInBoth = /^(RePaint|WebGPU| MB| GB| \/ )$/;
  const texts = Object.values(templates).map((text) =>
    typeof text === 'string' ? text : text.strings.join(''),
  );
  const untranslated = texts.filter((text) => !/[\u3000-\u9fff\uff00-\uffef]/.test(text));
  expect(untranslated.filter((text) => !sameInBoth.test(text))).toEqual([]);
  expect(texts.length).toBeGreaterThan(100);
});
