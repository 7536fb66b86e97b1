import { Button as AriaButton } from 'react-aria-components';
import type { EditID } from '../../../shared/ids.ts';
import type { PhotoEdits } from '../../../shared/model/edit.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Who changed the photo when; choosing one shows it again. */
export function VersionList({
  edits,
  current,
  original,
  disabled,
  onChoose,
}: {
  readonly edits: PhotoEdits;
  /** The version the draft says the same as; null when it is none of them. */
  readonly current: EditID | null;
  /** Whether the draft shows the photo as it came. */
  readonly original: boolean;
  readonly disabled: boolean;
  readonly onChoose: (version: string | null) => void;
}) {
  const t = useT();
  const core = useCore();
  if (edits.versions.length === 0) return null;
  return (
    <section className="editor__group" aria-label={t('editor.group.versions')}>
      <header className="editor__group-head">
        <h2>{t('editor.group.versions')}</h2>
      </header>
      <ul className="versions">
        {edits.versions.map(({ id, author, createdAt }) => {
          const at = core.formats.moment.format(createdAt);
          return (
            <li key={id}>
              <AriaButton
                className="versions__item"
                aria-current={current === id}
                isDisabled={disabled}
                onPress={() => onChoose(id)}
              >
                {author === null ? t('editor.version.mine', { at }) : t('editor.version.theirs', { author, at })}
              </AriaButton>
            </li>
          );
        })}
        <li>
          <AriaButton
            className="versions__item"
            aria-current={original}
            isDisabled={disabled}
            onPress={() => onChoose(null)}
          >
            {t('editor.version.original')}
          </AriaButton>
        </li>
      </ul>
    </section>
  );
}
