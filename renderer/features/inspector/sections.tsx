import { useQuery } from '@tanstack/react-query';
import { FolderPlus, SquareBookmark, Trash } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import type { Comment } from '../../../shared/contract/photos.ts';
import { IconButton } from '../../components/buttons.tsx';
import { TextInput } from '../../components/fields.tsx';
import { WorkButton } from '../../components/WorkButton.tsx';
import { goTo } from '../../data/navigation.ts';
import { runCommand } from '../../data/commandRunner.ts';
import { useCore, useT, useWindow } from '../../data/useCore.ts';
import { InspectorSection } from './InspectorSection.tsx';
import { TagField } from './TagField.tsx';
import { commentDraft, keepCommentDraft } from './commentDrafts.ts';

/** The tags of one photo. */
export function TagsSection({ photo }: { readonly photo: PhotoDetail }) {
  const t = useT();
  return (
    <InspectorSection title={t('inspector.tags')}>
      <TagField
        photoIDs={[photo.id]}
        tags={photo.tags.map((tag) => ({ ...tag, partial: false }))}
        disabled={!photo.mayEdit}
      />
    </InspectorSection>
  );
}

/** The albums a photo is in; each leads there. */
export function AlbumsSection({ photo }: { readonly photo: PhotoDetail }) {
  const core = useCore();
  const t = useT();
  return (
    <InspectorSection
      title={t('inspector.albums')}
      action={
        <IconButton
          icon={FolderPlus}
          label={t('albums.addTo')}
          onPress={() => runCommand(core, 'photo.addToAlbum', { photoIDs: [photo.id], album: null })}
        />
      }
    >
      {photo.albums.length === 0 ? (
        <p className="inspector__soft">{t('inspector.noAlbums')}</p>
      ) : (
        <ul className="tag-field__chips">
          {photo.albums.map((album) => (
            <li key={album.id}>
              <button
                type="button"
                className="chip chip--link"
                onClick={() => goTo(core.navigation, { kind: 'album', id: album.id })}
              >
                <SquareBookmark size={12} aria-hidden />
                <span className="chip__text">{album.title}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </InspectorSection>
  );
}

function CommentRow({ comment }: { readonly comment: Comment }) {
  const core = useCore();
  const t = useT();
  const [editing, setEditing] = useState<string | null>(null);
  const when = core.formats.moment.format(comment.createdAt);
  const author = comment.author ?? t('comments.me');
  const save = (): void => {
    const text = editing?.trim() ?? '';
    setEditing(null);
    if (text !== '' && text !== comment.text)
      core.client.photos.editComment({ id: comment.id, text }).catch(core.report);
  };
  return (
    <li className="comment">
      <div className="comment__head">
        <strong>{author}</strong>
        <span className="inspector__soft">{comment.editedAt === null ? when : t('comments.edited', { when })}</span>
        {comment.mayDelete ? (
          <IconButton
            icon={Trash}
            label={t('comments.delete')}
            onPress={() => void core.client.photos.deleteComment({ id: comment.id }).catch(core.report)}
          />
        ) : null}
      </div>
      {editing !== null ? (
        <TextInput
          label={t('comments.text')}
          hideLabel
          multiline
          autoFocus
          value={editing}
          onChange={setEditing}
          onBlur={save}
          onKeyDown={(key) => (key === 'Escape' ? setEditing(null) : undefined)}
        />
      ) : comment.mayEdit ? (
        <button
          type="button"
          className="comment__text"
          aria-label={t('comments.edit', { text: comment.text })}
          onClick={() => setEditing(comment.text)}
        >
          {comment.text}
        </button>
      ) : (
        <p className="comment__text selectable">{comment.kind === 'like' ? t('comments.like') : comment.text}</p>
      )}
    </li>
  );
}

/** What people wrote about a photo, oldest first, and a field to write more. */
export function CommentsSection({ photo }: { readonly photo: PhotoDetail }) {
  const core = useCore();
  const t = useT();
  const text = useWindow((state) => commentDraft(state, photo.id));
  const wanted = useWindow((state) => state.commentsWanted === photo.id);
  const root = useRef<HTMLDivElement>(null);
  const { data } = useQuery(core.queries.photos.comments.queryOptions({ input: { id: photo.id } }));
  useEffect(() => {
    if (!wanted) return undefined;
    // The menu or palette that asked for it gives the keyboard back first.
    const frame = requestAnimationFrame(() => {
      root.current?.querySelector('textarea')?.focus();
      core.window.setState({ commentsWanted: null });
    });
    return () => cancelAnimationFrame(frame);
  }, [core, wanted]);
  const send = async (): Promise<void> => {
    await core.client.photos.addComment({ id: photo.id, text: text.trim() });
    // What was written on meanwhile stays.
    if (commentDraft(core.window.getState(), photo.id) === text) keepCommentDraft(core, photo.id, '');
  };
  return (
    <InspectorSection title={t('inspector.comments')}>
      <ul className="comments">
        {(data ?? []).map((comment) => (
          <CommentRow key={comment.id} comment={comment} />
        ))}
      </ul>
      <div ref={root} className="comments__new">
        <TextInput
          label={t('comments.text')}
          hideLabel
          multiline
          placeholder={t('comments.placeholder')}
          value={text}
          maxLength={5_000}
          onChange={(next) => keepCommentDraft(core, photo.id, next)}
        />
        {text.trim() === '' ? null : <WorkButton work={send}>{t('comments.send')}</WorkButton>}
      </div>
    </InspectorSection>
  );
}
