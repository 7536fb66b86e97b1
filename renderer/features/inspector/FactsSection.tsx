import { Aperture, Calendar, Camera, FileText, FolderOpen, MapPin, Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import { IconButton } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { bytesText, durationText, localTime } from '../../data/describe.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { exposureText, offsetText } from './factTexts.ts';
import { deferred } from '../deferred.tsx';

const WorldMap = deferred(() => import('../search/WorldMap.tsx').then((part) => part.WorldMap));

function Fact(props: { readonly icon: LucideIcon; readonly children: ReactNode; readonly action?: ReactNode }) {
  const { icon: Icon } = props;
  return (
    <div className="fact">
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <div className="fact__text selectable">{props.children}</div>
      {props.action}
    </div>
  );
}

function cameraName(photo: PhotoDetail): string | null {
  const { make, model } = photo;
  if (model === null) return make;
  return make === null || model.toLowerCase().startsWith(make.toLowerCase().split(' ')[0] ?? '')
    ? model
    : `${make} ${model}`;
}

function exposureFacts(core: Core, photo: PhotoDetail): string {
  const number = new Intl.NumberFormat([...core.locales], { maximumFractionDigits: 1 });
  return [
    photo.focalLength === null ? null : `${number.format(photo.focalLength)} mm`,
    photo.aperture === null ? null : `ƒ/${number.format(photo.aperture)}`,
    photo.exposureTime === null ? null : exposureText(photo.exposureTime),
    photo.iso === null ? null : `ISO ${photo.iso}`,
  ]
    .filter((part) => part !== null)
    .join('  ');
}

function fileFacts(core: Core, photo: PhotoDetail): string {
  const turned = (photo.orientation ?? 1) >= 5;
  const [width, height] = turned ? [photo.height, photo.width] : [photo.width, photo.height];
  return [
    width === null || height === null ? null : `${width} × ${height}`,
    // Less than a twentieth of a megapixel would read as none at all.
    width === null || height === null || photo.mediaType === 'video' || width * height < 50_000
      ? null
      : `${(Math.round((width * height) / 100_000) / 10).toLocaleString([...core.locales])} MP`,
    photo.byteSize === null ? null : bytesText(core, photo.byteSize),
    photo.durationMs === null ? null : durationText(photo.durationMs),
  ]
    .filter((part) => part !== null)
    .join('  ');
}

/** When, where, with what, and which file. */
export function FactsSection({ photo }: { readonly photo: PhotoDetail }) {
  const core = useCore();
  const t = useT();
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat([...core.locales], { timeZone: 'UTC', ...options });
  const taken = photo.takenAt === null ? null : localTime(photo.takenAt);
  const camera = cameraName(photo);
  const exposure = exposureFacts(core, photo);
  const where = [photo.place, photo.region, photo.country].filter((part) => part !== null);
  const target = { photoIDs: [photo.id], album: null };
  const edit = (id: 'photo.date' | 'photo.place', label: string): ReactNode =>
    photo.mayEdit ? <IconButton icon={Pencil} label={label} onPress={() => runCommand(core, id, target)} /> : null;
  return (
    <section className="inspector__section" aria-label={t('inspector.facts')}>
      <Fact icon={Calendar} action={edit('photo.date', t('inspector.editDate'))}>
        {taken === null ? (
          <span className="inspector__soft">{t('viewer.noDate')}</span>
        ) : (
          <>
            {format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(taken)}
            <span className="inspector__soft">
              {format({ timeStyle: 'medium' }).format(taken)}
              {photo.takenOffset === null ? '' : `  ${offsetText(photo.takenOffset)}`}
            </span>
          </>
        )}
      </Fact>
      {camera === null && exposure === '' ? null : (
        <Fact icon={camera === null ? Aperture : Camera}>
          {camera}
          {photo.lens === null ? null : <span className="inspector__soft">{photo.lens}</span>}
          {exposure === '' ? null : <span className="inspector__soft">{exposure}</span>}
        </Fact>
      )}
      <Fact
        icon={FileText}
        action={
          core.info.capabilities.reveal ? (
            <IconButton
              icon={FolderOpen}
              label={t('inspector.reveal')}
              onPress={() => runCommand(core, 'photo.reveal', target)}
            />
          ) : null
        }
      >
        <span className="fact__break">{photo.fileName}</span>
        <span className="inspector__soft">{fileFacts(core, photo)}</span>
        {photo.resources.length > 1 ? (
          <span className="inspector__soft fact__break">
            {photo.resources
              .filter(
                (resource) => resource.kind === 'pairedVideo' || resource.kind === 'raw' || resource.kind === 'sidecar',
              )
              .map((resource) => resource.fileName)
              .join(', ')}
          </span>
        ) : null}
        {photo.paths.map((path) => (
          <span key={path} className="inspector__soft fact__break">
            {path}
          </span>
        ))}
        {photo.missing ? <span className="inspector__warning">{t('inspector.missing')}</span> : null}
      </Fact>
      <Fact icon={MapPin} action={edit('photo.place', t('inspector.editPlace'))}>
        {photo.latitude === null || photo.longitude === null ? (
          <span className="inspector__soft">{t('inspector.noPlace')}</span>
        ) : (
          <>
            {where[0] ?? `${photo.latitude.toFixed(4)}, ${photo.longitude.toFixed(4)}`}
            {where.length > 1 ? <span className="inspector__soft">{where.slice(1).join(', ')}</span> : null}
          </>
        )}
      </Fact>
      {photo.latitude === null || photo.longitude === null ? null : (
        <div className="inspector__map">
          <WorldMap
            label={t('inspector.map')}
            center={{ latitude: photo.latitude, longitude: photo.longitude, zoom: 3 }}
            markers={[{ key: photo.id, latitude: photo.latitude, longitude: photo.longitude }]}
          />
        </div>
      )}
    </section>
  );
}
