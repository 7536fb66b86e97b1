import { describe, expect, it } from 'vitest';
import { isComplete, ruleNumber } from '../../renderer/features/albums/ruleFields.ts';
import { shiftSeconds } from '../../renderer/features/organise/shiftSeconds.ts';

describe('a shift of capture times', () => {
  it.each([
    [{ days: '0', hours: '-24', minutes: '0' }, -86_400],
    [{ days: '1', hours: '-1', minutes: '30' }, 84_600],
    [{ days: '', hours: '', minutes: '-5' }, -300],
    [{ days: '0', hours: '', minutes: '0' }, 0],
  ])('of %j is %i seconds', (typed, seconds) => {
    expect(shiftSeconds(typed)).toBe(seconds);
  });

  it.each(['1.5', '-', '1e3', 'one', '99999999999999999999'])('of %j hours is none yet', (hours) => {
    expect(shiftSeconds({ days: '0', hours, minutes: '0' })).toBeNull();
  });
});

describe('the number of a rule', () => {
  it('is what was typed, in the unit of the rule', () => {
    expect(ruleNumber('90', 1, 1)).toBe(90);
    expect(ruleNumber('1.1', 0, 1_000_000)).toBe(1_100_000);
  });

  it.each(['', ' ', '-', '0', '-3', '1e999'])('is not there yet at %j, and the rule is unfinished', (typed) => {
    const value = ruleNumber(typed, 1, 1);
    expect(value).toBe('');
    expect(isComplete({ field: 'date', comparison: 'inLast', value })).toBe(false);
  });
});
