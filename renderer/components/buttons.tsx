import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, ToggleButton, Tooltip, TooltipTrigger } from 'react-aria-components';

type ButtonProps = {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly tone?: 'plain' | 'normal' | 'primary' | 'danger';
  readonly large?: boolean;
  readonly disabled?: boolean;
  /** It works on what it was pressed for: it cannot be pressed, and keeps the keyboard. */
  readonly pending?: boolean;
  readonly autoFocus?: boolean;
  readonly icon?: LucideIcon;
  /** Given for a button that shows and hides something below it. */
  readonly expanded?: boolean;
};

/** A button with words on it. At most one on a screen is `primary`; `danger` only where something is lost. */
export function Button(props: ButtonProps) {
  const { children, onPress, tone = 'normal', large, disabled, pending, autoFocus, icon: Icon, expanded } = props;
  return (
    <AriaButton
      className={`button button--${tone}${large === true ? ' button--large' : ''}`}
      onPress={() => (pending === true ? undefined : onPress())}
      isDisabled={disabled === true}
      autoFocus={autoFocus === true}
      // React Aria's own isPending has the button read out by reference, also when it has gone with its sheet by then.
      {...(pending === true ? { 'aria-disabled': true } : {})}
      {...(expanded === undefined ? {} : { 'aria-expanded': expanded })}
    >
      {Icon === undefined ? null : <Icon size={16} aria-hidden />}
      {children}
    </AriaButton>
  );
}

type IconButtonProps = {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onPress: () => void;
  /** Keys as shown to the person, for the tooltip. */
  readonly keys?: string;
  readonly disabled?: boolean;
  /** Given for a button that stays pressed. */
  readonly selected?: boolean;
  readonly size?: 16 | 20;
  readonly fill?: boolean;
};

/** A button with only an icon; its label is its name and its tooltip. */
export function IconButton(props: IconButtonProps) {
  const { icon: Icon, label, onPress, keys, disabled = false, selected, size = 16, fill = false } = props;
  const icon = <Icon size={size} aria-hidden strokeWidth={1.75} {...(fill ? { fill: 'currentColor' } : {})} />;
  return (
    <TooltipTrigger delay={600} closeDelay={0}>
      {selected === undefined ? (
        <AriaButton className="icon-button" aria-label={label} onPress={onPress} isDisabled={disabled}>
          {icon}
        </AriaButton>
      ) : (
        <ToggleButton
          className="icon-button"
          aria-label={label}
          onPress={onPress}
          isDisabled={disabled}
          isSelected={selected}
        >
          {icon}
        </ToggleButton>
      )}
      <Tooltip className="tooltip" offset={6}>
        {label}
        {keys === undefined ? null : <span className="tooltip__keys">{keys}</span>}
      </Tooltip>
    </TooltipTrigger>
  );
}
