import { RotateCcw } from 'lucide-react';
import { Button as AriaButton, Label, Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import { useT } from '../../data/useCore.ts';

type Props = {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly neutral: number;
  readonly unit: 'stops' | 'percent' | 'factor' | 'degrees' | 'seconds';
  readonly disabled?: boolean;
  /** Whether there is a way back; known by the value when left out. */
  readonly changed?: boolean;
  readonly onChange: (value: number) => void;
  readonly onEnd: () => void;
  readonly onReset: () => void;
};

/** A value as the person reads it: signed where it has a middle. */
export function stepValueText(value: number, unit: Props['unit'], signed: boolean): string {
  const digits = unit === 'percent' ? 0 : unit === 'degrees' || unit === 'seconds' ? 1 : 2;
  const text = Math.abs(value).toFixed(digits);
  const sign = Number(text) === 0 || !signed ? '' : value < 0 ? '−' : '+';
  return `${sign}${text}${unit === 'degrees' ? '°' : unit === 'seconds' ? ' s' : ''}`;
}

/** One step of the stack as a slider with its name, its value, and a way back to neutral (the button, or a double click). */
export function StepSlider({
  label,
  value,
  min,
  max,
  step,
  neutral,
  unit,
  disabled = false,
  changed = value !== neutral,
  onChange,
  onEnd,
  onReset,
}: Props) {
  const t = useT();
  const middle = ((neutral - min) / (max - min)) * 100;
  const at = ((value - min) / (max - min)) * 100;
  return (
    <Slider
      className="step"
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      isDisabled={disabled}
      onChange={(next: number | number[]) => onChange(Array.isArray(next) ? (next[0] ?? value) : next)}
      onChangeEnd={onEnd}
    >
      <Label className="step__label">{label}</Label>
      <SliderOutput className="step__value">{() => stepValueText(value, unit, min < 0)}</SliderOutput>
      <AriaButton
        className="icon-button step__reset"
        aria-label={t('editor.reset', { step: label })}
        isDisabled={!changed || disabled}
        onPress={onReset}
      >
        <RotateCcw size={12} aria-hidden />
      </AriaButton>
      <SliderTrack className="step__track" onDoubleClick={onReset}>
        <span className="step__fill" style={{ left: `${Math.min(middle, at)}%`, width: `${Math.abs(at - middle)}%` }} />
        <SliderThumb className="slider__thumb step__thumb" />
      </SliderTrack>
    </Slider>
  );
}
