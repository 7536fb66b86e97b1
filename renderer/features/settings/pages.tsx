import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, IconButton } from '../../components/buttons.tsx';
import { Check, Range, Segments } from '../../components/fields.tsx';
import { NumberInput } from '../../components/NumberInput.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { FolderSync, FolderX, RefreshCw } from 'lucide-react';
import type { WatchedFolder } from '../../../shared/model/library.ts';
import { openDialog } from '../../data/core.ts';
import { bytesText, countText } from '../../data/describe.ts';
import { runCommand } from '../../data/commandRunner.ts';
import { useCore, useSettings, useT } from '../../data/useCore.ts';
import { densityRange } from '../app/Toolbar.tsx';
import { ChooseLibrary } from '../onboarding/ChooseLibrary.tsx';
import { ShortcutList } from '../app/ShortcutSheet.tsx';
import './settings.css';

function Line(props: { readonly label: string; readonly help?: string; readonly children: ReactNode }) {
  return (
    <div className="row">
      <div className="row__main">
        {props.label}
        {props.help === undefined ? null : <span className="row__soft">{props.help}</span>}
      </div>
      {props.children}
    </div>
  );
}

/** Where the library lies and what it holds. */
export function LibraryPage() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.library.info.queryOptions({ input: {} }));
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  const value = (text: string): ReactNode => <span className="row__count selectable">{text}</span>;
  return (
    <div className="rows">
      <Line label={t('settings.where')}>
        {value(data.directory)}
        <ChooseLibrary ask />
      </Line>
      <Line label={t('settings.photos')}>{value(countText(core, data.photos))}</Line>
      <Line label={t('settings.videos')}>{value(countText(core, data.videos))}</Line>
      <Line label={t('settings.size')}>{value(bytesText(core, data.bytes))}</Line>
      <Line label={t('place.hidden')}>
        {value(countText(core, data.hidden))}
        <Button onPress={() => runCommand(core, 'go.hidden')}>{t('action.show')}</Button>
      </Line>
      <Line label={t('place.trash')} help={t('trash.explanation')}>
        {value(countText(core, data.trashed))}
      </Line>
    </div>
  );
}

function FolderRow({ folder }: { readonly folder: WatchedFolder }) {
  const core = useCore();
  const t = useT();
  const remove = (): void =>
    openDialog(core, {
      kind: 'confirm',
      title: t('folders.removeTitle', { path: folder.path }),
      text: t('folders.removeText', { count: folder.photos }),
      option: t('folders.forget'),
      confirm: t('folders.stop'),
      danger: true,
      done: async (forgetPhotos) => {
        await core.client.library.removeFolder({ id: folder.id, forgetPhotos });
        await core.queryClient.invalidateQueries({ queryKey: core.queries.library.key() });
      },
    });
  return (
    <li className="row" data-state={folder.state}>
      <div className="row__main">
        <strong className="selectable">{folder.path}</strong>
        <span className="row__soft">
          {folder.state === 'unavailable' ? `${t('folders.unavailable')} · ` : ''}
          {t('count.photos', { count: folder.photos })} · {t(`folders.mode.${folder.watchMode}`)}
          {folder.reason === null ? '' : ` · ${folder.reason}`}
          {folder.declined === 0 ? '' : ` · ${t('folders.declined', { count: folder.declined })}`}
        </span>
      </div>
      <IconButton
        icon={RefreshCw}
        label={t('folders.rescan')}
        onPress={() => void core.client.library.rescan({ id: folder.id }).catch(core.report)}
      />
      <IconButton icon={FolderX} label={t('folders.stop')} onPress={remove} />
    </li>
  );
}

/** Folders that are watched in place. */
export function FoldersPage() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.library.folders.queryOptions({ input: {} }));
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <p className="page__intro">{t('folders.intro')}</p>
      {data.length === 0 ? null : (
        <ul className="rows">
          {data.map((folder) => (
            <FolderRow key={folder.id} folder={folder} />
          ))}
        </ul>
      )}
      <div>
        <Button icon={FolderSync} onPress={() => runCommand(core, 'import.addFolder')}>
          {t('import.addFolder')}
        </Button>
      </div>
    </>
  );
}

/** Theme, motion, size and grouping of the timeline. */
export function AppearancePage() {
  const core = useCore();
  const t = useT();
  const theme = useSettings((settings) => settings.theme);
  const reducedMotion = useSettings((settings) => settings.reducedMotion);
  const density = useSettings((settings) => settings.density);
  const grouping = useSettings((settings) => settings.grouping);
  return (
    <div className="rows">
      <Line label={t('settings.theme')}>
        <Segments
          label={t('settings.theme')}
          value={theme}
          options={[
            { id: 'system', label: t('theme.system') },
            { id: 'light', label: t('theme.light') },
            { id: 'dark', label: t('theme.dark') },
          ]}
          onChange={(next) => core.changeSettings({ theme: next })}
        />
      </Line>
      <Line label={t('settings.grouping')}>
        <Segments
          label={t('settings.grouping')}
          value={grouping}
          options={[
            { id: 'day', label: t('grouping.day') },
            { id: 'month', label: t('grouping.month') },
            { id: 'year', label: t('grouping.year') },
          ]}
          onChange={(next) => core.changeSettings({ grouping: next })}
        />
      </Line>
      <Line label={t('toolbar.density')}>
        <Range
          label={t('toolbar.density')}
          value={density}
          {...densityRange}
          onChange={(next) => core.changeSettings({ density: next })}
        />
      </Line>
      <Line label={t('settings.motion')} help={t('settings.motionHelp')}>
        <Check selected={reducedMotion} onChange={(next) => core.changeSettings({ reducedMotion: next })}>
          {t('settings.reduceMotion')}
        </Check>
      </Line>
    </div>
  );
}

/** Every key. */
export function ShortcutsPage() {
  return <ShortcutList />;
}

/** Where originals are kept and, where they are fetched on demand, how much room they may take here. */
export function StoragePage() {
  const core = useCore();
  const t = useT();
  const originals = useSettings((settings) => settings.originals);
  const limit = useSettings((settings) => settings.cacheLimitGB);
  return (
    <div className="rows">
      <Line label={t('settings.originals')} help={t('settings.originalsHelp')}>
        <Segments
          label={t('settings.originals')}
          value={originals}
          options={[
            { id: 'everywhere', label: t('originals.everywhere') },
            { id: 'onDemand', label: t('originals.onDemand') },
          ]}
          onChange={(next) => core.changeSettings({ originals: next })}
        />
      </Line>
      {originals === 'onDemand' ? (
        <Line label={t('settings.cache')} help={t('settings.cacheHelp')}>
          <span className="form__inline">
            <NumberInput
              className="input settings__number"
              label={t('settings.cache')}
              min={1}
              max={10_000}
              value={limit}
              onChange={(cacheLimitGB) => core.changeSettings({ cacheLimitGB })}
            />
            GB
          </span>
        </Line>
      ) : null}
    </div>
  );
}

/** What a person who helps would ask for. */
export function AdvancedPage() {
  const core = useCore();
  const t = useT();
  const { info } = core;
  const text = (value: string): ReactNode => <span className="row__count selectable">{value}</span>;
  return (
    <div className="rows">
      <Line label={t('advanced.version')}>{text(info.version)}</Line>
      <Line label={t('advanced.contract')}>{text(String(info.contractVersion))}</Line>
      <Line label={t('advanced.shell')}>{text(`${info.capabilities.shell}, ${info.platform}`)}</Line>
      <Line label={t('advanced.keychain')}>{text(t(`keychain.${info.capabilities.keychain}`))}</Line>
      <Line label={t('import.report')}>
        <Button onPress={() => runCommand(core, 'import.report')}>{t('action.show')}</Button>
      </Line>
      <Line label={t('history.title')}>
        <Button onPress={() => runCommand(core, 'edit.history')}>{t('action.show')}</Button>
      </Line>
    </div>
  );
}
