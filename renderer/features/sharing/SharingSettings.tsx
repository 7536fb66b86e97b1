import { Segments } from '../../components/fields.tsx';
import { useCore, useSettings, useT } from '../../data/useCore.ts';
import { allPresets, PresetMenu } from './PresetMenu.tsx';

/** What a new share starts with: what invited people may do, and what becomes of their photos when they leave. */
export function SharingSettings() {
  const core = useCore();
  const t = useT();
  const preset = useSettings((settings) => settings.sharePreset);
  const rule = useSettings((settings) => settings.shareDepartureRule);
  return (
    <div className="rows">
      <div className="row">
        <div className="row__main">
          {t('sharing.sheet.newPreset')}
          <span className="row__soft">{t(`sharing.presetHelp.${preset}`)}</span>
        </div>
        <PresetMenu
          label={t('sharing.sheet.newPreset')}
          value={preset}
          options={allPresets}
          onChange={(sharePreset) => core.changeSettings({ sharePreset })}
        />
      </div>
      <div className="row">
        <div className="row__main">{t('sharing.sheet.departure')}</div>
        <Segments
          label={t('sharing.sheet.departure')}
          value={rule}
          options={[
            { id: 'STAY', label: t('sharing.sheet.departureStay') },
            { id: 'GO', label: t('sharing.sheet.departureGo') },
          ]}
          onChange={(shareDepartureRule) => core.changeSettings({ shareDepartureRule })}
        />
      </div>
    </div>
  );
}
