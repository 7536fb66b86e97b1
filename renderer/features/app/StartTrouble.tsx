import type { Translate } from '../../data/messages.ts';

/** The whole window when the core could not be reached at all: why, and another try. */
export function StartTrouble(props: { readonly t: Translate; readonly message: string; readonly onRetry: () => void }) {
  const { t, message, onRetry } = props;
  return (
    <main className="face start-trouble" role="alert">
      <h1 className="face__title">{t('start.trouble')}</h1>
      <p className="face__text selectable">{message}</p>
      <div className="face__actions">
        <button type="button" className="button button--primary" onClick={onRetry}>
          {t('face.retry')}
        </button>
      </div>
    </main>
  );
}
