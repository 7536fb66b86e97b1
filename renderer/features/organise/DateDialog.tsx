import { useState } from 'react';
import { Segments } from '../../components/fields.tsx';
import { announceCount, limited } from '../../data/actions.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { offsetText } from '../inspector/factTexts.ts';
import { PhotosForm, useFirstPhoto } from './PhotosForm.tsx';
import type { PhotosDialogProps } from './PhotosForm.tsx';
import { shiftSeconds } from './shiftSeconds.ts';

type Mode = 'set' | 'shift' | 'zone';

/** Every half hour that is in use somewhere, minutes east of UTC. */
const offsets = Array.from({ length: 53 }, (_, index) => -720 + index * 30);

/**
 * Sets the time of one photo, sets it for the first of several and moves the others with it, shifts all of them, or
 * changes only the time zone they are read in.
 */
export function DateDialog({ photoIDs, onClose }: PhotosDialogProps) {
  const core = useCore();
  const t = useT();
  const data = useFirstPhoto(photoIDs);
  const [mode, setMode] = useState<Mode>('set');
  const [typed, setTyped] = useState<string | null>(null);
  const [zone, setZone] = useState<number | null>(null);
  const [shift, setShift] = useState({ days: '0', hours: '0', minutes: '0' });
  const time = typed ?? data?.takenAt?.slice(0, 19) ?? '';
  const offset = zone ?? data?.takenOffset ?? 0;
  const seconds = shiftSeconds(shift) ?? 0;
  const valid =
    mode === 'set' ? /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/u.test(time) : mode === 'shift' ? seconds !== 0 : true;

  const confirm = async (): Promise<void> => {
    const whole = time.length === 16 ? `${time}:00` : time;
    const keepsZone = zone === null && data?.takenOffset == null;
    const { changed, refused } = await core.client.photos.setDate({
      ids: limited(core, photoIDs),
      change:
        mode === 'set'
          ? { mode, takenAt: whole, offset: keepsZone ? null : offset }
          : mode === 'shift'
            ? { mode, seconds }
            : { mode, offset },
    });
    announceCount(core, 'date.changed', changed, refused);
  };
  const number = (key: keyof typeof shift) => (
    <label className="field">
      <span className="field__label">{t(`date.${key}`)}</span>
      <input
        className="input"
        type="number"
        value={shift[key]}
        onChange={(event) => setShift((before) => ({ ...before, [key]: event.target.value }))}
      />
    </label>
  );

  return (
    <PhotosForm
      title={t('date.title', { count: photoIDs.length })}
      confirm={t('date.confirm')}
      disabled={!valid}
      onClose={onClose}
      onConfirm={confirm}
    >
      <Segments
        label={t('date.how')}
        value={mode}
        options={[
          { id: 'set', label: t('date.set') },
          { id: 'shift', label: t('date.shift') },
          { id: 'zone', label: t('date.zone') },
        ]}
        onChange={setMode}
      />
      {mode === 'set' ? (
        <>
          <label className="field">
            <span className="field__label">{t('date.taken')}</span>
            <input
              className="input"
              type="datetime-local"
              step={1}
              value={time}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          {photoIDs.length > 1 ? <p className="dialog__text">{t('date.movesOthers')}</p> : null}
        </>
      ) : null}
      {mode === 'shift' ? (
        <div className="form__row">
          {number('days')}
          {number('hours')}
          {number('minutes')}
        </div>
      ) : null}
      {mode === 'shift' ? null : (
        <label className="field">
          <span className="field__label">{t('date.offset')}</span>
          <select className="select" value={offset} onChange={(event) => setZone(Number(event.target.value))}>
            {[...new Set([...offsets, offset, 345, 525, 765, 825])]
              .toSorted((left, right) => left - right)
              .map((minutes) => (
                <option key={minutes} value={minutes}>
                  {offsetText(minutes)}
                </option>
              ))}
          </select>
        </label>
      )}
    </PhotosForm>
  );
}
