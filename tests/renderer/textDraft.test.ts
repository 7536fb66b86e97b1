import { expect, it } from 'vitest';
import { fieldLeft, notSaved, showing, valueArrived } from '../../renderer/features/inspector/textDraft.ts';

/* A caption in a share: Ben is in the field while Ana changes the same caption. */

const entered = { ...showing('Harbour'), focused: true };
const written = { ...entered, text: 'Harbour at du' };

it('a field nobody is in shows what others wrote', () => {
  expect(valueArrived(showing('Harbour'), 'Port')).toEqual(showing('Port'));
});

it('what others wrote does not come into a field somebody is in, written in or not', () => {
  expect(valueArrived(written, 'Port')).toEqual(written);
  expect(valueArrived(entered, 'Port')).toEqual(entered);
});

it('a field that is left as it was found shows what others wrote meanwhile, and saves nothing', () => {
  expect(fieldLeft(entered, 'Port')).toEqual({ draft: showing('Port'), save: null });
  expect(fieldLeft({ ...entered, text: 'Port' }, 'Port')).toEqual({ draft: showing('Port'), save: null });
});

it('what was written is saved when the field is left, and shown until the saved value comes', () => {
  const { draft, save } = fieldLeft(written, 'Harbour');
  expect([draft, save]).toEqual([showing('Harbour at du'), 'Harbour at du']);
  expect(valueArrived(draft, 'Harbour at du')).toEqual(draft);
  expect(valueArrived(draft, 'Port')).toEqual(showing('Port'));
});

it('blank text takes the caption away', () => {
  expect(fieldLeft({ ...entered, text: '  ' }, 'Harbour')).toEqual({ draft: showing(''), save: '' });
});

it('text that could not be saved stays until the field is left again', () => {
  const { draft } = fieldLeft(written, 'Harbour');
  const unsaved = notSaved(draft, 'Harbour at du', 'Harbour');
  expect(valueArrived(unsaved, 'Port')).toEqual(unsaved);
  expect(fieldLeft({ ...unsaved, focused: true }, 'Harbour').save).toBe('Harbour at du');
});

it('a failed save does not touch what came into the field since', () => {
  expect(notSaved(showing('Port'), 'Harbour at du', 'Harbour')).toEqual(showing('Port'));
});
