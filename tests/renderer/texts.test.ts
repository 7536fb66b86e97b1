import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { fromHash, toHash } from '../../renderer/data/navigation.ts';
import { durationText, localTime } from '../../renderer/data/describe.ts';
import { droppedPaths } from '../../renderer/features/import/droppedPaths.ts';
import { exposureText, offsetText } from '../../renderer/features/inspector/factTexts.ts';
import { parsePlace } from '../../renderer/features/organise/parsePlace.ts';
import {
  isComplete,
  startRule,
  withComparison,
  allFields,
  ruleFields,
} from '../../renderer/features/albums/ruleFields.ts';
import { smartRule } from '../../shared/model/album.ts';

describe('addresses', () => {
  it('a place, a search and a photo come back from the address they were written to', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (query, id) => {
        const state = { place: { kind: 'album' as const, id: id as never }, query, photo: id as never };
        expect(fromHash(toHash(state))).toEqual(state);
      }),
    );
    expect(fromHash('#/settings/folders').place).toEqual({ kind: 'screen', name: 'settings', arg: 'folders' });
    expect(fromHash('#/%E0%A4%A').place.kind).toBe('screen');
    expect(fromHash('').place).toEqual({ kind: 'library' });
  });
});

describe('facts in words', () => {
  it('durations, offsets and exposures', () => {
    expect(durationText(65_400)).toBe('1:05');
    expect(durationText(3_723_000)).toBe('1:02:03');
    expect(offsetText(120)).toBe('UTC+2');
    expect(offsetText(-210)).toBe('UTC−3:30');
    expect(exposureText(0.004)).toBe('1/250 s');
    expect(exposureText(2.5)).toBe('2.5 s');
    expect(localTime('2024-05-01T23:30:00')?.getUTCHours()).toBe(23);
  });
  it('places are read as people write them, and nonsense is not', () => {
    expect(parsePlace('35.3387, 25.1442')).toEqual({ latitude: 35.3387, longitude: 25.1442 });
    expect(parsePlace('33.9 S 18.4 E')).toEqual({ latitude: -33.9, longitude: 18.4 });
    expect(parsePlace('91, 0')).toBeNull();
    expect(parsePlace('Crete')).toBeNull();
  });
  it('dropped files give their paths where the drag names them', () => {
    const transfer = {
      getData: () => 'file:///home/ana/Holiday%20pics\r\nfile:///C:/Users/Ana/a.jpg\r\nhttps://example.org/x.jpg',
    };
    expect(droppedPaths(transfer)).toEqual(['/home/ana/Holiday pics', 'C:/Users/Ana/a.jpg']);
    expect(droppedPaths({ getData: () => '' })).toEqual([]);
  });
});

describe('rules of smart albums', () => {
  it('every field starts with a rule the contract accepts, by each of its comparisons', () => {
    for (const field of allFields) {
      for (const comparison of ruleFields[field].comparisons) {
        const rule = withComparison(startRule(field), comparison, Date.UTC(2026, 0, 1));
        expect(smartRule.safeParse(rule).success).toBe(true);
      }
    }
  });
  it('a rule without a value, or a range without an end, is not finished', () => {
    expect(isComplete({ field: 'tag', comparison: 'is', value: ' ' })).toBe(false);
    expect(isComplete({ field: 'date', comparison: 'between', value: '2025-01-01' })).toBe(false);
    expect(isComplete({ field: 'rating', comparison: 'atLeast', value: 0 })).toBe(true);
  });
});
