import { describe, expect, it } from 'vitest';
import { withPerson } from '../../renderer/features/sharing/invitees.ts';
import {
  closeSheet,
  createSharingStore,
  linkArrived,
  replaceSheet,
  type SharingSheet,
} from '../../renderer/features/sharing/sharingState.ts';
import type { PhotoID, ZoneID } from '../../shared/ids.ts';

const [crete, wedding] = ['https://photos.example/share/a', 'https://photos.example/share/b'];
const newShare = (): SharingSheet => ({ kind: 'new', photoIDs: ['photo' as PhotoID], albumID: null });

function storeWith(sheet: SharingSheet) {
  const state = createSharingStore();
  state.setState({ sheet });
  return { state, shown: () => state.getState().sheet };
}

describe('a link from outside', () => {
  it('is opened at once where no sheet of sharing is open', () => {
    const { state, shown } = storeWith({ kind: 'none' });
    linkArrived(state, crete);
    expect(shown()).toEqual({ kind: 'accept', link: crete });
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'none' });
  });

  it('that arrived over an open sheet is opened when that one is closed, and the next one after it', () => {
    const { state, shown } = storeWith(newShare());
    linkArrived(state, crete);
    linkArrived(state, wedding);
    linkArrived(state, crete);
    expect(shown().kind).toBe('new');
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'accept', link: crete });
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'accept', link: wedding });
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'none' });
  });

  it('that is open already is not opened a second time', () => {
    const { state, shown } = storeWith({ kind: 'accept', link: crete });
    linkArrived(state, crete);
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'none' });
  });

  it('waits on while one sheet leads to another', () => {
    const { state, shown } = storeWith({ kind: 'invite', shareID: 'share' as ZoneID });
    linkArrived(state, crete);
    replaceSheet(state, shown(), { kind: 'participants', shareID: 'share' as ZoneID });
    expect(shown().kind).toBe('participants');
    closeSheet(state, shown());
    expect(shown()).toEqual({ kind: 'accept', link: crete });
  });
});

describe('a step that outlasts its sheet', () => {
  it('closes no sheet that was opened since, and puts none in its place', () => {
    const first = newShare();
    const { state, shown } = storeWith(first);
    closeSheet(state, first);
    const second = newShare();
    state.setState({ sheet: second });
    closeSheet(state, first);
    replaceSheet(state, first, { kind: 'participants', shareID: 'share' as ZoneID });
    expect(shown()).toBe(second);
  });
});

describe('those who will be invited', () => {
  const ben = { email: 'ben@example.org', preset: 'editor' } as const;

  it('are joined by whom the address in the field names, once and in small letters', () => {
    expect(withPerson([], ' Ben@Example.org ', 'viewer')).toEqual([{ email: 'ben@example.org', preset: 'viewer' }]);
    expect(withPerson([ben], 'BEN@example.org', 'viewer')).toEqual([ben]);
  });

  it('stay as they are where the field is empty, and are refused where it holds no address', () => {
    expect(withPerson([ben], '  ', 'viewer')).toEqual([ben]);
    expect(withPerson([ben], 'ana@', 'viewer')).toBeNull();
  });
});
