import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { PhotoEdits } from '../../../shared/model/edit.ts';
import { Button } from '../../components/buttons.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { useCore, useT, useTile } from '../../data/useCore.ts';
import { EditorDesk } from './EditorDesk.tsx';
import { createEditorSession } from './editorSession.ts';
import type { EditorFeatureStore } from './editorState.ts';
import { loadPreviewSource } from './preview/loadSource.ts';
import './editor.css';

type Props = {
  readonly id: PhotoID;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
};

/** The editor over the whole window, for one photo. Opens as soon as its edits are there; the picture follows. */
export function Editor({ id, selection, state }: Props) {
  const core = useCore();
  const t = useT();
  const name = useTile(id)?.fileName ?? '';
  const root = useRef<HTMLDivElement>(null);
  const close = (): void => state.setState({ open: null });
  // Keys go to what has the focus: left in the viewer or the grid, Escape would close or clear what lies behind the editor.
  useEffect(() => {
    const before = document.activeElement;
    root.current?.focus();
    return () => {
      // A frame later: a sheet that closes with the editor gives the focus back to a part of it that is gone.
      requestAnimationFrame(() => {
        if (before instanceof HTMLElement && before.isConnected) before.focus();
      });
    };
  }, []);
  const { data, error, refetch } = useQuery({
    ...core.queries.edits.get.queryOptions({ input: { id } }),
    // What other windows change meanwhile is seen when the photo is opened again.
    staleTime: 'static',
    gcTime: 0,
  });
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- the window's keys rest while an element has this role
    <div
      ref={root}
      className="editor"
      role="dialog"
      aria-modal="true"
      aria-label={t('editor.title', { name })}
      tabIndex={-1}
    >
      {data !== undefined ? (
        <OpenEditor data={data} name={name} selection={selection} state={state} onClose={close} />
      ) : error === null ? (
        <LoadingFace />
      ) : (
        <Problem error={error} onRetry={() => void refetch()} onClose={close} />
      )}
    </div>
  );
}

type OpenProps = {
  readonly data: PhotoEdits;
  readonly name: string;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
  readonly onClose: () => void;
};

function OpenEditor({ data, name, selection, state, onClose }: OpenProps) {
  const core = useCore();
  const [session] = useState(() => createEditorSession(data, () => performance.now()));
  const { photoID, space } = data;
  const source = useQuery({
    queryKey: ['editorSource', photoID, space],
    queryFn: ({ signal }) => loadPreviewSource(core.bridge.mediaURL(photoID, 'unedited', space), space, signal),
    staleTime: 'static',
    gcTime: 0,
  });
  const bitmap = source.data?.bitmap;
  useEffect(() => () => bitmap?.close(), [bitmap]);
  if (source.error !== null)
    return <Problem error={source.error} onRetry={() => void source.refetch()} onClose={onClose} />;
  return (
    <EditorDesk
      session={session}
      source={source.data ?? null}
      name={name}
      selection={selection}
      state={state}
      onClose={onClose}
    />
  );
}

function Problem(props: { readonly error: unknown; readonly onRetry: () => void; readonly onClose: () => void }) {
  const t = useT();
  return (
    <div className="editor__problem">
      <ErrorFace error={props.error} onRetry={props.onRetry} />
      <Button onPress={props.onClose}>{t('action.cancel')}</Button>
    </div>
  );
}
