import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { CommandID } from '../../shared/commands.ts';
import type { PhotoID } from '../../shared/ids.ts';
import type { Album } from '../../shared/model/album.ts';
import type { PhotoDetail } from '../../shared/model/photo.ts';
import type { Core } from '../data/core.ts';

/** What a command acts on, settled when it is run: the shown photo in the viewer, the selection elsewhere. */
export type CommandTarget = {
  readonly photoIDs: readonly PhotoID[];
  readonly album: Album | null;
};

export type CommandHandler = {
  readonly run: (core: Core, target: CommandTarget) => void | Promise<void>;
  /** Whether the command makes sense here at all; one that does not is left out instead of greyed. */
  readonly applies?: (core: Core, target: CommandTarget) => boolean;
  /** Another label while a state holds, for example "Unhide" for "Hide". */
  readonly label?: (core: Core, target: CommandTarget) => string | null;
};

/** A place of its own in the main area, reached by `goTo({kind: 'screen', name})`. */
export type FeatureScreen = {
  readonly name: string;
  readonly title: (core: Core, arg: string) => string;
  readonly component: ComponentType<{ readonly arg: string }>;
};

/** A row or a group of rows in the sidebar. `order`: library 100, albums 300, sharing 500, trash 900. */
export type SidebarPart = { readonly id: string; readonly order: number; readonly component: ComponentType };

/** A section of the inspector. `order`: text 100, facts 200, tags 300, albums 400, sharing 500, comments 600. */
export type InspectorPart = {
  readonly id: string;
  readonly order: number;
  readonly component: ComponentType<{ readonly photo: PhotoDetail }>;
};

/** Something small at the right of the toolbar. */
export type ToolbarPart = { readonly id: string; readonly order: number; readonly component: ComponentType };

export type SettingsPage = {
  readonly id: string;
  readonly order: number;
  readonly label: (core: Core) => string;
  readonly icon: LucideIcon;
  readonly component: ComponentType;
};

/** An entry in an album's context menu. */
export type AlbumMenuItem = {
  readonly id: string;
  readonly order: number;
  readonly label: (core: Core, album: Album) => string;
  readonly applies: (core: Core, album: Album) => boolean;
  /** Why it cannot be used now, or null when it can. */
  readonly obstacle?: (core: Core, album: Album) => string | null;
  readonly danger?: boolean;
  readonly run: (core: Core, album: Album) => void | Promise<void>;
};

/** Something drawn over the whole window while it is open: dialogs, sheets, the editor. It shows nothing when closed. */
export type Overlay = { readonly id: string; readonly component: ComponentType };

/** Everything one feature adds to the app. A command without a handler is not shown anywhere. */
export type Feature = {
  readonly id: string;
  readonly screens?: readonly FeatureScreen[];
  readonly commands?: Partial<Record<CommandID, CommandHandler>>;
  readonly sidebar?: readonly SidebarPart[];
  readonly inspector?: readonly InspectorPart[];
  readonly toolbar?: readonly ToolbarPart[];
  readonly settings?: readonly SettingsPage[];
  readonly albumMenu?: readonly AlbumMenuItem[];
  readonly overlays?: readonly Overlay[];
  /** Parts loaded on demand that are fetched ahead, once the window is shown and has nothing else to do. */
  readonly preload?: readonly { readonly preload: () => Promise<void> }[];
};

export type Registry = {
  readonly screen: (name: string) => FeatureScreen | undefined;
  readonly handler: (id: CommandID) => CommandHandler | undefined;
  readonly sidebar: readonly SidebarPart[];
  readonly inspector: readonly InspectorPart[];
  readonly toolbar: readonly ToolbarPart[];
  readonly settings: readonly SettingsPage[];
  readonly albumMenu: readonly AlbumMenuItem[];
  readonly overlays: readonly Overlay[];
  readonly preload: readonly { readonly preload: () => Promise<void> }[];
};

const byOrder = (left: { readonly order: number }, right: { readonly order: number }): number =>
  left.order - right.order;

/**
 * Puts the features together. Two features that claim one command or one screen are a mistake of ours.
 * @throws Error naming the command or screen that two features claim
 */
export function createRegistry(features: readonly Feature[]): Registry {
  const handlers = new Map<string, CommandHandler>();
  const screens = new Map<string, FeatureScreen>();
  for (const feature of features) {
    for (const [id, handler] of Object.entries(feature.commands ?? {})) {
      if (handlers.has(id)) throw new Error(`Two features handle the command ${id}; the second is ${feature.id}.`);
      handlers.set(id, handler);
    }
    for (const screen of feature.screens ?? []) {
      if (screens.has(screen.name)) throw new Error(`Two features have the screen ${screen.name}.`);
      screens.set(screen.name, screen);
    }
  }
  return {
    screen: (name) => screens.get(name),
    handler: (id) => handlers.get(id),
    sidebar: features.flatMap((feature) => feature.sidebar ?? []).toSorted(byOrder),
    inspector: features.flatMap((feature) => feature.inspector ?? []).toSorted(byOrder),
    toolbar: features.flatMap((feature) => feature.toolbar ?? []).toSorted(byOrder),
    settings: features.flatMap((feature) => feature.settings ?? []).toSorted(byOrder),
    albumMenu: features.flatMap((feature) => feature.albumMenu ?? []).toSorted(byOrder),
    overlays: features.flatMap((feature) => feature.overlays ?? []),
    preload: features.flatMap((feature) => feature.preload ?? []),
  };
}
