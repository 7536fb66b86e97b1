import { useQuery } from '@tanstack/react-query';
import {
  ChevronLeft,
  ChevronRight,
  Ellipsis,
  Heart,
  Info,
  Maximize,
  Play,
  RotateCcw,
  Trash,
  Trash2,
  X,
} from 'lucide-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { CommandButton } from '../../components/CommandButton.tsx';
import { IconButton } from '../../components/buttons.tsx';
import { MenuButton } from '../../components/menus.tsx';
import { LoadingFace } from '../../components/faces.tsx';
import { neighbour } from '../../data/actions.ts';
import { runCommand } from '../../data/commandRunner.ts';
import { localTime } from '../../data/describe.ts';
import { keyLabel } from '../../data/keys.ts';
import { photoMenu } from '../../data/photoMenu.ts';
import { isMac } from '../../data/platform.ts';
import { selectOnly } from '../../data/selection.ts';
import { useCore, useNavigation, useSettings, useT, useTile, useWindow } from '../../data/useCore.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { HistoryColumn } from '../organise/historyColumn.ts';
import { Inspector } from '../inspector/Inspector.tsx';
import { RatingStars } from '../inspector/RatingStars.tsx';
import { Filmstrip } from './Filmstrip.tsx';
import { Stage } from './Stage.tsx';
import { useSlideshow } from './useSlideshow.ts';
import { VideoStage } from './VideoStage.tsx';
import { sendZoom } from './viewerEvents.ts';
import './viewer.css';

/** The viewer over the window. It is there while a photo is open. */
export function Viewer() {
  const photo = useNavigation((state) => state.photo);
  return photo === null ? null : <OpenViewer id={photo} />;
}

function OpenViewer({ id }: { readonly id: PhotoID }) {
  const core = useCore();
  const t = useT();
  const root = useRef<HTMLDivElement>(null);
  const timeline = core.viewerTimeline();
  const snapshot = useSyncExternalStore(timeline.subscribe, timeline.snapshot);
  const index = timeline.indexOf(id);
  // A photo may leave the list while it is looked at (its mark, its rating, its album): one goes on from where it was.
  const [was, setWas] = useState(index);
  if (index >= 0 && index !== was) setWas(index);
  const tile = useTile(id);
  const slideshow = useWindow((state) => state.slideshow);
  const history = useWindow((state) => state.history);
  const inspector = useSettings((settings) => settings.inspectorVisible);
  const detail = useQuery({ ...core.queries.photos.get.queryOptions({ input: { id } }) });

  // The selection follows the shown photo, so that closing the viewer leaves the grid where the person was.
  useEffect(() => {
    core.selection.setState(selectOnly(id));
    core.window.setState((before) => ({ reveal: { id, count: (before.reveal?.count ?? 0) + 1 } }));
  }, [core, id]);

  useEffect(() => {
    const before = document.activeElement;
    root.current?.focus();
    return () => {
      core.window.setState({ slideshow: false });
      requestAnimationFrame(() => {
        const grid = document.querySelector<HTMLElement>('[role="grid"]');
        if (before instanceof HTMLElement && before.isConnected && before !== document.body) before.focus();
        else grid?.focus();
      });
    };
  }, [core]);

  // The neighbours' previews are fetched before they are asked for.
  useEffect(() => {
    const images = [1, -1, 2].map((offset) => {
      const other = snapshot.ids[index + offset];
      const known = other === undefined ? undefined : core.tiles.get(other);
      if (known === undefined || known.mediaType === 'video') return null;
      const image = new Image();
      image.src = core.bridge.mediaURL(known.id, 'preview', known.version);
      return image;
    });
    return () => {
      for (const image of images) if (image !== null && !image.complete) image.src = '';
    };
  }, [core, snapshot, index]);

  const close = (): void => core.navigation.setState({ photo: null });
  const go = (direction: 1 | -1): void => {
    const next = neighbour(core, id, direction, was);
    if (next !== null) core.navigation.setState({ photo: next });
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (target?.closest('input, textarea, [role="slider"], [role="radiogroup"], video') != null) return;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      Home: () => core.navigation.setState({ photo: snapshot.ids[0] ?? id }),
      End: () => core.navigation.setState({ photo: snapshot.ids[snapshot.count - 1] ?? id }),
      Escape: () => (slideshow ? core.window.setState({ slideshow: false }) : close()),
      '+': () => sendZoom(1.5),
      '=': () => sendZoom(1.5),
      '-': () => sendZoom(1 / 1.5),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  // The bar goes away in a slideshow, and the focus with it: keys must still reach the viewer.
  useEffect(() => {
    if (slideshow) root.current?.focus();
  }, [slideshow]);

  const known = tile ?? detail.data;
  const goOn = useSlideshow(core, known, was);
  const ratio = index < 0 ? 1.5 : (snapshot.ratios[index] ?? 1_500) / 1_000;
  const taken = known?.takenAt == null ? null : localTime(known.takenAt);
  const label = known === undefined ? t('viewer.label') : (known.title ?? known.fileName);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of the whole viewer
    <div
      ref={root}
      className="viewer"
      data-slideshow={slideshow || undefined}
      role="region"
      aria-label={t('viewer.of', { name: label })}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <header className="viewer__bar">
        <IconButton icon={X} label={t('viewer.close')} keys="Esc" size={20} onPress={close} />
        <div className="viewer__title">
          <h1>{label}</h1>
          <span>{taken === null ? t('viewer.noDate') : core.formats.captured.format(taken)}</span>
        </div>
        {index < 0 ? null : (
          <span className="viewer__count">{t('viewer.count', { index: index + 1, count: snapshot.count })}</span>
        )}
        <RatingStars ids={[id]} rating={known?.rating ?? 0} />
        <IconButton
          icon={Heart}
          label={t('photo.favourite')}
          keys={keyLabel('F', isMac())}
          selected={known?.favourite === true}
          fill={known?.favourite === true}
          onPress={() => runCommand(core, 'photo.favourite')}
        />
        <IconButton
          icon={Play}
          label={t('viewer.slideshow')}
          keys={keyLabel('Mod+Shift+P', isMac())}
          onPress={() => runCommand(core, 'viewer.slideshow')}
        />
        <IconButton
          icon={Maximize}
          label={t('viewer.fullscreen')}
          keys="F11"
          onPress={() => runCommand(core, 'view.fullscreen')}
        />
        <CommandButton id="photo.restore" icon={RotateCcw} />
        <CommandButton id="photo.trash" icon={Trash} />
        <CommandButton id="photo.deleteForever" icon={Trash2} />
        <MenuButton icon={Ellipsis} label={t('viewer.more')} groups={() => photoMenu(core)} />
        <IconButton
          icon={Info}
          label={t('toolbar.inspector')}
          keys={keyLabel('I', isMac())}
          selected={inspector && !history}
          onPress={() => runCommand(core, 'view.inspector')}
        />
      </header>
      <div className="viewer__body">
        <div className="viewer__middle">
          {known === undefined ? (
            <LoadingFace />
          ) : known.mediaType === 'video' ? (
            <VideoStage key={known.id} tile={known} slideshow={slideshow} onEnded={goOn} />
          ) : (
            <Stage key={`${known.id}:${known.version}`} tile={known} detail={detail.data} ratio={ratio} />
          )}
          {slideshow ? (
            <div className="viewer__stop">
              <IconButton
                icon={X}
                label={t('viewer.stopSlideshow')}
                keys="Esc"
                size={20}
                onPress={() => core.window.setState({ slideshow: false })}
              />
            </div>
          ) : null}
          <div className="viewer__side viewer__side--left">
            <IconButton
              icon={ChevronLeft}
              label={t('viewer.previous')}
              keys="←"
              size={20}
              disabled={neighbour(core, id, -1, was) === null}
              onPress={() => go(-1)}
            />
          </div>
          <div className="viewer__side viewer__side--right">
            <IconButton
              icon={ChevronRight}
              label={t('viewer.next')}
              keys="→"
              size={20}
              disabled={neighbour(core, id, 1, was) === null}
              onPress={() => go(1)}
            />
          </div>
        </div>
        {slideshow ? null : history ? <HistoryColumn /> : inspector ? <Inspector /> : null}
      </div>
      {index < 0 || slideshow ? null : <Filmstrip snapshot={snapshot} index={index} />}
    </div>
  );
}
