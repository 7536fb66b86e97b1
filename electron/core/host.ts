import type { Capabilities, TextAction } from '../../shared/model/app.ts';

/** A person's choice in a dialog; `paths` is empty when they cancelled. */
export interface ChosenPaths {
  readonly paths: readonly string[];
}

/** Small secrets of this computer: the device's session token, never a password. */
export interface Keychain {
  readonly kind: 'system' | 'file' | 'none';
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * What only a shell can do. The core is given one and imports none, so the same core runs in a window, a browser, a
 * terminal and a test. A shell that lacks an ability throws AppError notSupported and says so in `capabilities`.
 */
export interface HostPlatform {
  readonly capabilities: Capabilities;
  readonly keychain: Keychain;
  /** A native dialog for a folder (or files, for import). */
  chooseFolder(purpose: 'watch' | 'import' | 'export' | 'library'): Promise<ChosenPaths>;
  /** Shows a file in the system's file manager. */
  reveal(path: string): Promise<void>;
  /** Opens a file in the program the system uses for its type. */
  openPath(path: string): Promise<void>;
  /**
   * Hands files to the drag that is under way, with a picture to drag. The files must be ours to give: another program
   * may move them. @param icon a JPEG or PNG; null draws the app's own
   */
  startDrag(files: readonly string[], icon: Uint8Array | null): Promise<void>;
  /** Starts again with the library in this folder, from now on. */
  openLibrary(directory: string): Promise<void>;
  /** Does to the text field with the focus what the menu was asked for. */
  editText(action: TextAction): Promise<void>;
  /** Moves a file to the system's trash, from where the person can bring it back. */
  moveToTrash(path: string): Promise<void>;
  notify(notification: { readonly title: string; readonly body: string }): void;
  /** Opens an https address in the person's browser (sign-in pages of their own server). */
  openURL(url: string): Promise<void>;
}
