import { describe, expect, it } from 'vitest';
import { respaceTimesteps, roundHalfEven, spacedTimesteps } from '../../src/core/timesteps.js';

describe('respaceTimesteps', () => {
  // Lists of guided-diffusion's space_timesteps; the full set is checked by the parity test.
  it('rounds halves to even, so that 25 of 1000 keep 166 and 832', () => {
    expect([0.5, 1.5, 2.5, 3.5, 1.25].map(roundHalfEven)).toEqual([0, 2, 2, 4, 1]);
    const kept = respaceTimesteps(1000, '25');
    expect(kept).toContain(166);
    expect(kept).toContain(832);
  });

  it('spreads each count over its section', () => {
    const kept = respaceTimesteps(1000, '10,15,20');
    expect(kept).toHaveLength(45);
    expect(kept.slice(0, 3)).toEqual([0, 37, 74]);
    expect(kept.slice(9, 12)).toEqual([333, 334, 358]);
  });

  it('strides for ddimN and refuses an N that no stride gives', () => {
    expect(respaceTimesteps(1000, 'ddim50').at(-1)).toBe(980);
    for (const name of ['ddim49', 'ddim300', 'ddim1']) {
      expect(() => respaceTimesteps(1000, name), name).toThrow(RangeError);
    }
  });

  it('keeps all steps for an empty string', () => {
    expect(respaceTimesteps(7, '')).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('refuses what is too much or no number', () => {
    expect(() => respaceTimesteps(1000, '1001')).toThrow('1000 base steps cannot give 1001');
    expect(() => respaceTimesteps(1000, 'fast')).toThrow('got "fast"');
  });
});

describe('spacedTimesteps', () => {
  // numpy: (np.arange(0, 4) * (10 // 4)), np.round(np.arange(10, 0, -10 / 4)) - 1,
  // np.linspace(0, 9, 4).round()
  it('spaces as diffusers does', () => {
    expect(spacedTimesteps('leading', 10, 4)).toEqual([0, 2, 4, 6]);
    expect(spacedTimesteps('leading', 10, 4, 1)).toEqual([1, 3, 5, 7]);
    expect(spacedTimesteps('trailing', 10, 4)).toEqual([1, 4, 7, 9]);
    expect(spacedTimesteps('linspace', 10, 4)).toEqual([0, 3, 6, 9]);
  });

  it('ends where each rule says', () => {
    expect(spacedTimesteps('respaced', 1000, 250).at(-1)).toBe(999);
    expect(spacedTimesteps('leading', 1000, 250).at(-1)).toBe(996);
    expect(spacedTimesteps('trailing', 1000, 50)[0]).toBe(19);
    expect(spacedTimesteps('linspace', 1000, 20).slice(0, 2)).toEqual([0, 53]);
  });

  it('refuses counts and offsets that leave the chain', () => {
    expect(() => spacedTimesteps('leading', 1000, 0)).toThrow('1..1000, got 0');
    expect(() => spacedTimesteps('respaced', 1000, 1001)).toThrow('1..1000, got 1001');
    expect(() => spacedTimesteps('leading', 10, 10, 1)).toThrow('steps_offset (1)');
  });
});
