import { useEffect, useRef, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { exportFormat } from '../../../shared/model/edit.ts';
import type { ExportFormat, ExportOptions } from '../../../shared/model/edit.ts';
import { FolderList, useFolders } from '../../components/FolderList.tsx';
import { Button } from '../../components/buttons.tsx';
import { FormSheet } from '../../components/dialogs.tsx';
import { Range, Segments, TextInput } from '../../components/fields.tsx';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT } from '../../data/useCore.ts';
import './editor.css';

/** Writes photos as files: where to, with or without edits, in which format, size and with how much information. */
export function ExportSheet({ ids, onClose }: { readonly ids: readonly PhotoID[]; readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  /** Null while the folder is the one that the list shows. */
  const [typed, setTyped] = useState<string | null>('');
  const [browsing, setBrowsing] = useState(false);
  const [path, setPath] = useState<string | undefined>(undefined);
  const listing = useFolders(path, browsing);
  const directory = typed ?? listing.data?.path ?? '';
  const [what, setWhat] = useState<'edited' | 'original'>('edited');
  const [format, setFormat] = useState<ExportFormat>('jpeg');
  const [quality, setQuality] = useState(90);
  const [size, setSize] = useState('');
  const [metadata, setMetadata] = useState<ExportOptions['metadata']>('all');
  const [progress, setProgress] = useState<{ readonly done: number; readonly total: number } | null>(null);
  const stopping = useRef(new AbortController());
  useEffect(() => {
    const controller = stopping.current;
    return () => controller.abort();
  }, []);
  const { chooseFolder, browseFolders } = core.info.capabilities;
  const pixels = size.trim() === '' ? null : Number(size);
  const sizeFits =
    what === 'original' || pixels === null || (Number.isInteger(pixels) && pixels >= 16 && pixels <= 30_000);

  const browse = (): void => {
    setTyped(browsing || directory.trim() !== '' ? directory : null);
    setBrowsing(!browsing);
  };
  const choose = (): void => {
    core.client.app
      .chooseFolder({ purpose: 'export' })
      .then(({ paths }) => setTyped((was) => paths[0] ?? was), core.report);
  };
  const obstacle = directory.trim() === '' ? t('export.noFolder') : sizeFits ? null : t('export.sizeLimits');

  async function run(): Promise<void> {
    const options: ExportOptions = {
      original: what === 'original',
      format,
      quality,
      maxSize: what === 'original' ? null : pixels,
      metadata,
      colour: 'photo',
    };
    const { signal } = stopping.current;
    let reason = '';
    for await (const event of await core.client.edits.export({ ids: [...ids], directory, options }, { signal })) {
      if (event.type === 'failed' && reason === '') ({ reason } = event);
      if (event.type !== 'finished') setProgress({ done: event.done, total: event.total });
      else {
        if (event.exported > 0)
          showToast(core.toasts, { tone: 'plain', text: t('export.done', { count: event.exported }), action: null });
        if (event.failed > 0)
          showToast(core.toasts, {
            tone: 'error',
            text: t('export.failed', { count: event.failed, reason }),
            action: null,
          });
      }
    }
  }

  return (
    <FormSheet
      title={t('export.title', { count: ids.length })}
      confirm={progress === null ? t('export.confirm') : t('export.progress', progress)}
      disabled={obstacle !== null}
      aside={
        <span className="row__count" role="status">
          {obstacle}
        </span>
      }
      onClose={onClose}
      onConfirm={run}
    >
      <div className="form">
        <div className="export__folder">
          <TextInput label={t('export.folder')} value={directory} onChange={setTyped} />
          {chooseFolder ? (
            <Button onPress={choose}>{t('export.choose')}</Button>
          ) : browseFolders ? (
            <Button onPress={browse} expanded={browsing}>
              {t('export.choose')}
            </Button>
          ) : null}
        </div>
        {browsing ? (
          <FolderList
            listing={listing}
            onGo={(next) => {
              setPath(next);
              setTyped(null);
            }}
          />
        ) : null}
        <Segments
          titled
          label={t('export.what')}
          value={what}
          options={[
            { id: 'edited', label: t('export.edited') },
            { id: 'original', label: t('export.original') },
          ]}
          onChange={setWhat}
        />
        {what === 'original' ? null : (
          <>
            <Segments
              titled
              label={t('export.format')}
              value={format}
              options={exportFormat.options.map((id) => ({ id, label: id.toUpperCase() }))}
              onChange={setFormat}
            />
            {format === 'png' ? null : (
              <div className="editor__row">
                <span>{t('export.quality')}</span>
                <Range label={t('export.quality')} value={quality} min={1} max={100} step={1} onChange={setQuality} />
                <span className="step__value">{quality}</span>
              </div>
            )}
            <TextInput label={t('export.size')} value={size} onChange={setSize} placeholder={t('export.sizeFull')} />
            <Segments
              titled
              label={t('export.metadata')}
              value={metadata}
              options={(['all', 'noLocation', 'none'] as const).map((id) => ({
                id,
                label: t(`export.metadata.${id}`),
              }))}
              onChange={setMetadata}
            />
          </>
        )}
      </div>
    </FormSheet>
  );
}
