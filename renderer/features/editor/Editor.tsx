import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
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
  readonly onClose: () => void;
};

/**
 * The editor over the whole window, for one photo. Opens as soon as its edits are there; the picture follows. The focus
 * stays inside until it closes, and then goes back where it was; Escape is the desk's own key.
 */
export function Editor({ id, selection, state, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const tile = useTile(id);
  const name = tile?.fileName ?? '';
  const { data, error, refetch } = useQuery({
    ...core.queries.edits.get.queryOptions({ input: { id } }),
    // What other windows change meanwhile is seen when the photo is opened again.
    staleTime: 'static',
    gcTime: 0,
  });
  return (
    <ModalOverlay className="editor-layer" isOpen isKeyboardDismissDisabled>
      <Modal>
        <Dialog className="editor" aria-label={t('editor.title', { name })}>
          {data !== undefined ? (
            <OpenEditor
              data={data}
              name={name}
              version={tile?.version ?? ''}
              selection={selection}
              state={state}
              onClose={onClose}
            />
          ) : error === null ? (
            <Waiting onClose={onClose} />
          ) : (
            <Problem error={error} onRetry={() => void refetch()} onClose={onClose} />
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

type OpenProps = {
  readonly data: PhotoEdits;
  readonly name: string;
  /** Changes with the photo's pictures. */
  readonly version: string;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
  readonly onClose: () => void;
};

function OpenEditor({ data, name, version, selection, state, onClose }: OpenProps) {
  const core = useCore();
  const [session] = useState(() => createEditorSession(data, () => performance.now()));
  const [picture] = useState(version);
  const { photoID, space } = data;
  const source = useQuery({
    queryKey: ['editorSource', photoID, space, picture],
    queryFn: ({ signal }) =>
      loadPreviewSource(core.bridge.mediaURL(photoID, 'unedited', `${space}.${picture}`), space, signal),
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
      version={picture}
      selection={selection}
      state={state}
      onClose={onClose}
    />
  );
}

/** Nothing to lose yet: Escape and any other way out close the editor. */
function useFreeExit(onClose: () => void): void {
  const core = useCore();
  useEffect(() => {
    const stop = core.leaving.hold({
      unsaved: () => false,
      leave: (go) => {
        onClose();
        go();
      },
    });
    const onKeyDown = (press: KeyboardEvent): void => {
      if (press.key !== 'Escape' || press.defaultPrevented) return;
      press.preventDefault();
      onClose();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => {
      stop();
      window.removeEventListener('keydown', onKeyDown);
    };
  }, [core, onClose]);
}

function Waiting({ onClose }: { readonly onClose: () => void }) {
  useFreeExit(onClose);
  return <LoadingFace />;
}

function Problem(props: { readonly error: unknown; readonly onRetry: () => void; readonly onClose: () => void }) {
  const t = useT();
  useFreeExit(props.onClose);
  return (
    <div className="editor__problem">
      <ErrorFace error={props.error} onRetry={props.onRetry} />
      <Button onPress={props.onClose}>{t('action.cancel')}</Button>
    </div>
  );
}
