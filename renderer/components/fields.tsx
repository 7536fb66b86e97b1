import { Check as CheckIcon, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Checkbox,
  Input,
  Label,
  Slider,
  SliderThumb,
  SliderTrack,
  TextArea,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';

type TextProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hideLabel?: boolean;
  readonly placeholder?: string;
  readonly multiline?: boolean;
  readonly autoFocus?: boolean;
  readonly onFocus?: () => void;
  readonly onBlur?: () => void;
  /** Keys of an input method that composes a word are not among them. */
  readonly onKeyDown?: (key: string) => void;
  readonly maxLength?: number;
  readonly disabled?: boolean;
};

/** What is wrong with what was entered, read out when it appears; nothing while all is well. */
export function FieldError({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p className="field__error" role="alert">
      {text}
    </p>
  );
}

/** One line, or several, of text with its label. */
export function TextInput(props: TextProps) {
  const { label, value, onChange, hideLabel = false, placeholder, multiline = false, autoFocus = false } = props;
  const shared = { className: 'input', ...(placeholder === undefined ? {} : { placeholder }) };
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      autoFocus={autoFocus}
      isDisabled={props.disabled === true}
      {...(hideLabel ? { 'aria-label': label } : {})}
      {...(props.maxLength === undefined ? {} : { maxLength: props.maxLength })}
      {...(props.onFocus === undefined ? {} : { onFocus: props.onFocus })}
      {...(props.onBlur === undefined ? {} : { onBlur: props.onBlur })}
      onKeyDown={(event) => {
        if (!event.nativeEvent.isComposing) props.onKeyDown?.(event.key);
        event.continuePropagation();
      }}
    >
      {hideLabel ? null : <Label className="field__label">{label}</Label>}
      {multiline ? <TextArea {...shared} rows={3} /> : <Input {...shared} />}
    </TextField>
  );
}

type CheckProps = {
  readonly children: ReactNode;
  readonly selected: boolean;
  readonly onChange: (selected: boolean) => void;
  /** Some of several have it. */
  readonly partial?: boolean;
  readonly disabled?: boolean;
};

/** A box to tick; `partial` shows that it holds for some of several photos. */
export function Check({ children, selected, onChange, partial = false, disabled = false }: CheckProps) {
  return (
    <Checkbox
      className="check"
      isSelected={selected}
      isIndeterminate={partial}
      isDisabled={disabled}
      onChange={onChange}
    >
      <span className="check__box" aria-hidden>
        {partial ? <Minus size={12} strokeWidth={3} /> : <CheckIcon size={12} strokeWidth={3} />}
      </span>
      <span>{children}</span>
    </Checkbox>
  );
}

type SegmentsProps<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly id: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  /** Whether the label stands over the choice, as in forms. */
  readonly titled?: boolean;
};

/** A choice of a few that are all in sight. */
export function Segments<T extends string>({ titled = false, ...choice }: SegmentsProps<T>) {
  if (!titled) return <Choice {...choice} />;
  return (
    <div className="field">
      <span className="field__label" aria-hidden>
        {choice.label}
      </span>
      <Choice {...choice} />
    </div>
  );
}

function Choice<T extends string>({ label, value, options, onChange }: Omit<SegmentsProps<T>, 'titled'>) {
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const chosen = options.find((option) => keys.has(option.id));
        if (chosen !== undefined) onChange(chosen.id);
      }}
    >
      {options.map((option) => (
        <ToggleButton key={option.id} id={option.id} className="segments__item">
          {option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

type RangeProps = {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
};

/** A slider without text of its own; its label is its name. */
export function Range({ label, value, min, max, step, onChange }: RangeProps) {
  return (
    <Slider
      className="slider"
      aria-label={label}
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      onChange={(next: number | number[]) => onChange(typeof next === 'number' ? next : (next[0] ?? value))}
    >
      <SliderTrack className="slider__track">
        <SliderThumb className="slider__thumb" />
      </SliderTrack>
    </Slider>
  );
}
