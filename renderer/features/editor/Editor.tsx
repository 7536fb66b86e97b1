import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { PhotoEdits } from '../../../shared/model/edit.ts';
import { Button } from '../../components/buttons.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { useCore, useT, useTile } from '../../data/useCore.ts';
import { EditorDesk } from './EditorDesk.tsx';
import { createEditorSession } from './editorSession.ts';
import type { EditorSession } from './editorSession.ts';
import type { EditorFeatureStore } from './editorState.ts';
import { loadPreviewSource } from './preview/loadSource.ts';
import type { PreviewSource } from './preview/preview.ts';
import './editor.css';

type Props = {
  readonly id: PhotoID;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
};

/** The editor over the whole window, for one photo. Opens as soon as its edits and its picture are there. */
export function Editor({ id, selection, state }: Props) {
  const core = useCore();
  const t = useT();
  const tile = useTile(id);
  const name = tile?.fileName ?? '';
  const close = (): void => state.setState({ open: null });
  const { data, error, refetch } = useQuery({
    ...core.queries.edits.get.queryOptions({ input: { id } }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const session = useSession(data);
  const { source, failed, retry } = useSource(id, data);
  const problem = error ?? failed;
  return (
    <div className="editor" role="dialog" aria-modal="true" aria-label={t('editor.title', { name })}>
      {problem !== null ? (
        <div className="editor__problem">
          <ErrorFace
            error={problem}
            onRetry={() => {
              retry();
              void refetch();
            }}
          />
          <Button onPress={close}>{t('action.cancel')}</Button>
        </div>
      ) : session === null ? (
        <LoadingFace />
      ) : (
        <EditorDesk session={session} source={source} name={name} selection={selection} state={state} onClose={close} />
      )}
    </div>
  );
}

/** One session per opened photo; what other windows change meanwhile is seen when it is opened again. */
function useSession(data: PhotoEdits | undefined): EditorSession | null {
  const [session, setSession] = useState<EditorSession | null>(null);
  useEffect(() => {
    if (data !== undefined) setSession((was) => was ?? createEditorSession(data));
  }, [data]);
  return session;
}

function useSource(
  id: PhotoID,
  data: PhotoEdits | undefined,
): { readonly source: PreviewSource | null; readonly failed: unknown; readonly retry: () => void } {
  const core = useCore();
  const [source, setSource] = useState<PreviewSource | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const space = data?.space;
  useEffect(() => {
    if (space === undefined) return;
    const controller = new AbortController();
    let loaded: PreviewSource | null = null;
    setFailed(null);
    loadPreviewSource(core.bridge.mediaURL(id, 'unedited', 'unedited'), space, controller.signal).then(
      (made) => {
        loaded = made;
        if (controller.signal.aborted) made.bitmap.close();
        else setSource(made);
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setFailed(error);
      },
    );
    return () => {
      controller.abort();
      loaded?.bitmap.close();
    };
  }, [core, id, space, attempt]);
  return { source, failed, retry: () => setAttempt((count) => count + 1) };
}
