import { describe, expect, it } from 'vitest';
import { createTranslate } from '../../renderer/data/messages.ts';
import { createSharingStore, linkOpened } from '../../renderer/features/sharing/sharingState.ts';

const t = createTranslate(['en']);
const stopping = (people: number, invited: number) =>
  `${t('sharing.stop.text', { people })} ${t('sharing.stop.ends', { invited })}`;

describe('the question before a share ends', () => {
  it('speaks of copies only when there is somebody who may have taken some', () => {
    expect(stopping(0, 0)).toBe('Nobody else takes part. Links to it stop working.');
    expect(stopping(1, 0)).toBe(
      '1 person loses access and is told. Copies they took are theirs. Links to it stop working.',
    );
  });

  it('counts the invitations that end with it', () => {
    expect(stopping(0, 1)).toContain('1 invitation nobody has answered ends, and links to it stop working.');
    expect(stopping(2, 3)).toBe(
      '2 people lose access and are told. Copies they took are theirs. ' +
        '3 invitations nobody has answered end, and links to it stop working.',
    );
  });
});

describe('the field for a link', () => {
  it('is empty once its link has led to a share', () => {
    const state = createSharingStore();
    state.setState({ pasted: ' https://photos.example/share/a ' });
    linkOpened(state, 'https://photos.example/share/a');
    expect(state.getState().pasted).toBe('');
  });

  it('keeps what was pasted while a link from outside was opened', () => {
    const state = createSharingStore();
    state.setState({ pasted: 'https://photos.example/share/b' });
    linkOpened(state, 'https://photos.example/share/a');
    expect(state.getState().pasted).toBe('https://photos.example/share/b');
  });
});
