/**
 * Every command of the app, once: the keys, the menus of every shell, the context menu and the command palette all read
 * this table. What a command does is registered by the feature that owns it (renderer/features/registry.ts); whether it
 * can be used now follows from `needs` (shared/commandState.ts).
 *
 * Keys are written `Mod+Shift+I`: `Mod` is Command on macOS and Control elsewhere, single characters are what the key
 * types, the others are DOM key names (`Space`, `Delete`, `ArrowLeft`). A key without a modifier works only while no text
 * is being typed, so a native menu shows it but must not register it (`registerAccelerator: false`).
 */

export const commandMenus = ['file', 'edit', 'image', 'album', 'share', 'view', 'window', 'help'] as const;
export type CommandMenu = (typeof commandMenus)[number];

/** What must be so for a command to be usable; each has one sentence for the person when it is not. */
export type CommandNeed =
  | 'selection'
  | 'oneSelected'
  | 'severalSelected'
  | 'photos'
  | 'manualAlbum'
  | 'anyAlbum'
  | 'ownAlbum'
  | 'editableAlbum'
  | 'inTrash'
  | 'outsideTrash'
  | 'viewer'
  | 'canUndo'
  | 'canRedo'
  | 'image'
  | 'mayEdit'
  | 'mayDelete'
  | 'reveal'
  | 'openExternal'
  | 'chooseSource'
  | 'editsCopied'
  | 'edited'
  | 'notShared'
  | 'shared'
  | 'shareExists'
  | 'signedIn'
  | 'query';

/** A place in the photo context menu; the order of the numbers is the order on screen, a new hundred a new section. */
export type ContextPosition = number;

export type Command = {
  readonly id: string;
  readonly label: string;
  readonly menu: CommandMenu;
  /** Commands of one group stand together; a line separates groups. */
  readonly group: number;
  readonly keys: readonly string[];
  readonly needs: readonly CommandNeed[];
  readonly context?: ContextPosition;
};

const table = [
  // File
  { id: 'album.new', label: 'New Album', menu: 'file', group: 1, keys: ['Mod+N'], needs: [] },
  { id: 'album.newSmart', label: 'New Smart Album…', menu: 'file', group: 1, keys: ['Mod+Alt+N'], needs: [] },
  { id: 'album.newFolder', label: 'New Album Folder', menu: 'file', group: 1, keys: ['Mod+Shift+N'], needs: [] },
  { id: 'import.files', label: 'Import…', menu: 'file', group: 2, keys: ['Mod+Shift+I'], needs: ['chooseSource'] },
  {
    id: 'import.addFolder',
    label: 'Add Folder…',
    menu: 'file',
    group: 2,
    keys: ['Mod+Shift+O'],
    needs: ['chooseSource'],
  },
  { id: 'import.rescan', label: 'Look for Changes Now', menu: 'file', group: 2, keys: [], needs: [] },
  { id: 'import.report', label: 'Import Report', menu: 'file', group: 2, keys: [], needs: [] },
  {
    id: 'trash.empty',
    label: 'Empty Trash…',
    menu: 'file',
    group: 3,
    keys: ['Mod+Shift+Delete', 'Mod+Shift+Backspace'],
    needs: [],
  },
  {
    id: 'photo.export',
    label: 'Export…',
    menu: 'file',
    group: 3,
    keys: ['Mod+Shift+E'],
    needs: ['selection', 'outsideTrash'],
  },
  { id: 'app.settings', label: 'Settings…', menu: 'file', group: 4, keys: ['Mod+,'], needs: [] },
  // Edit
  { id: 'edit.undo', label: 'Undo', menu: 'edit', group: 1, keys: ['Mod+Z'], needs: ['canUndo'] },
  { id: 'edit.redo', label: 'Redo', menu: 'edit', group: 1, keys: ['Mod+Shift+Z', 'Mod+Y'], needs: ['canRedo'] },
  { id: 'edit.history', label: 'History', menu: 'edit', group: 1, keys: ['Mod+Shift+H'], needs: [] },
  { id: 'edit.selectAll', label: 'Select All', menu: 'edit', group: 2, keys: ['Mod+A'], needs: ['photos'] },
  { id: 'edit.selectNone', label: 'Select None', menu: 'edit', group: 2, keys: ['Mod+Shift+A'], needs: ['selection'] },
  { id: 'edit.copy', label: 'Copy', menu: 'edit', group: 2, keys: ['Mod+C'], needs: ['selection'] },
  {
    id: 'edit.paste',
    label: 'Paste into Album',
    menu: 'edit',
    group: 2,
    keys: ['Mod+V'],
    needs: ['manualAlbum', 'editableAlbum'],
  },
  { id: 'search.focus', label: 'Find', menu: 'edit', group: 3, keys: ['Mod+F'], needs: [] },
  { id: 'search.save', label: 'Save Search…', menu: 'edit', group: 3, keys: [], needs: ['query'] },
  { id: 'app.palette', label: 'Command Palette', menu: 'edit', group: 3, keys: ['Mod+K'], needs: [] },
  // Image: the context menu's order is the product's
  {
    id: 'photo.open',
    label: 'Open',
    menu: 'image',
    group: 1,
    keys: ['Space', 'Enter'],
    needs: ['selection'],
    context: 101,
  },
  {
    id: 'photo.openWith',
    label: 'Open With Default App',
    menu: 'image',
    group: 1,
    keys: ['Mod+Enter'],
    needs: ['openExternal', 'oneSelected'],
    context: 102,
  },
  {
    id: 'photo.reveal',
    label: 'Show in File Manager',
    menu: 'image',
    group: 1,
    keys: ['Mod+Shift+R'],
    needs: ['reveal', 'oneSelected'],
    context: 103,
  },
  {
    id: 'photo.addToAlbum',
    label: 'Add to Album…',
    menu: 'album',
    group: 2,
    keys: ['Mod+Shift+L'],
    needs: ['selection', 'outsideTrash'],
    context: 201,
  },
  {
    id: 'photo.removeFromAlbum',
    label: 'Remove from Album',
    menu: 'album',
    group: 2,
    keys: ['Mod+Delete', 'Mod+Backspace'],
    needs: ['selection', 'manualAlbum', 'editableAlbum'],
    context: 202,
  },
  {
    id: 'album.moveEarlier',
    label: 'Move Earlier',
    menu: 'album',
    group: 2,
    keys: ['Mod+Alt+ArrowLeft'],
    needs: ['selection', 'manualAlbum', 'editableAlbum'],
  },
  {
    id: 'album.moveLater',
    label: 'Move Later',
    menu: 'album',
    group: 2,
    keys: ['Mod+Alt+ArrowRight'],
    needs: ['selection', 'manualAlbum', 'editableAlbum'],
  },
  {
    id: 'photo.edit',
    label: 'Edit',
    menu: 'image',
    group: 2,
    keys: ['E'],
    needs: ['selection', 'outsideTrash', 'mayEdit'],
    context: 300,
  },
  {
    id: 'photo.rotateRight',
    label: 'Rotate',
    menu: 'image',
    group: 2,
    keys: ['R'],
    needs: ['selection', 'outsideTrash', 'image', 'mayEdit'],
    context: 301,
  },
  {
    id: 'photo.rotateLeft',
    label: 'Rotate Left',
    menu: 'image',
    group: 2,
    keys: ['Shift+R'],
    needs: ['selection', 'outsideTrash', 'image', 'mayEdit'],
  },
  {
    id: 'photo.copyEdits',
    label: 'Copy Edits',
    menu: 'image',
    group: 2,
    keys: ['Mod+Shift+C'],
    needs: ['oneSelected', 'edited'],
    context: 302,
  },
  {
    id: 'photo.pasteEdits',
    label: 'Paste Edits',
    menu: 'image',
    group: 2,
    keys: ['Mod+Shift+V'],
    needs: ['selection', 'outsideTrash', 'editsCopied', 'mayEdit'],
    context: 303,
  },
  {
    id: 'photo.revert',
    label: 'Revert to Original',
    menu: 'image',
    group: 2,
    keys: [],
    needs: ['selection', 'outsideTrash', 'edited', 'mayEdit'],
    context: 304,
  },
  {
    id: 'photo.favourite',
    label: 'Favourite',
    menu: 'image',
    group: 3,
    keys: ['F'],
    needs: ['selection', 'outsideTrash'],
    context: 401,
  },
  {
    id: 'photo.rate0',
    label: 'No Rating',
    menu: 'image',
    group: 3,
    keys: ['0'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.rate1',
    label: 'Rate 1 Star',
    menu: 'image',
    group: 3,
    keys: ['1'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.rate2',
    label: 'Rate 2 Stars',
    menu: 'image',
    group: 3,
    keys: ['2'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.rate3',
    label: 'Rate 3 Stars',
    menu: 'image',
    group: 3,
    keys: ['3'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.rate4',
    label: 'Rate 4 Stars',
    menu: 'image',
    group: 3,
    keys: ['4'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.rate5',
    label: 'Rate 5 Stars',
    menu: 'image',
    group: 3,
    keys: ['5'],
    needs: ['selection', 'outsideTrash'],
    context: 402,
  },
  {
    id: 'photo.tags',
    label: 'Tags…',
    menu: 'image',
    group: 3,
    keys: ['T'],
    needs: ['selection', 'outsideTrash', 'mayEdit'],
    context: 403,
  },
  {
    id: 'photo.comments',
    label: 'Comments…',
    menu: 'image',
    group: 3,
    keys: [],
    needs: ['oneSelected', 'outsideTrash'],
    context: 404,
  },
  {
    id: 'photo.date',
    label: 'Adjust Date and Time…',
    menu: 'image',
    group: 4,
    keys: [],
    needs: ['selection', 'outsideTrash', 'mayEdit'],
  },
  {
    id: 'photo.place',
    label: 'Adjust Place…',
    menu: 'image',
    group: 4,
    keys: [],
    needs: ['selection', 'outsideTrash', 'mayEdit'],
  },
  // Share
  {
    id: 'share.new',
    label: 'New Share…',
    menu: 'share',
    group: 1,
    keys: [],
    needs: ['selection', 'outsideTrash', 'signedIn'],
    context: 501,
  },
  {
    id: 'share.add',
    label: 'Add to Share…',
    menu: 'share',
    group: 1,
    keys: [],
    needs: ['selection', 'outsideTrash', 'signedIn', 'notShared', 'shareExists'],
    context: 502,
  },
  {
    id: 'share.manage',
    label: 'Manage Share…',
    menu: 'share',
    group: 1,
    keys: [],
    needs: ['selection', 'shared'],
    context: 503,
  },
  {
    id: 'share.copyLink',
    label: 'Copy Share Link',
    menu: 'share',
    group: 1,
    keys: [],
    needs: ['selection', 'shared'],
    context: 504,
  },
  { id: 'share.manageAll', label: 'Manage Shares', menu: 'share', group: 2, keys: [], needs: [] },
  { id: 'share.album', label: 'Share Album…', menu: 'share', group: 2, keys: [], needs: ['ownAlbum', 'signedIn'] },
  // Image, end of the context menu
  {
    id: 'album.setCover',
    label: 'Set as Cover',
    menu: 'album',
    group: 2,
    keys: [],
    needs: ['oneSelected', 'anyAlbum', 'editableAlbum'],
    context: 601,
  },
  {
    id: 'photo.hide',
    label: 'Hide',
    menu: 'image',
    group: 5,
    keys: ['Mod+L'],
    needs: ['selection', 'outsideTrash'],
    context: 701,
  },
  { id: 'view.inspector', label: 'Info', menu: 'view', group: 1, keys: ['I'], needs: [], context: 702 },
  {
    id: 'photo.restore',
    label: 'Restore',
    menu: 'image',
    group: 5,
    keys: [],
    needs: ['selection', 'inTrash'],
    context: 801,
  },
  {
    id: 'photo.trash',
    label: 'Move to Trash',
    menu: 'image',
    group: 5,
    keys: ['Delete', 'Backspace'],
    needs: ['selection', 'outsideTrash', 'mayDelete'],
    context: 802,
  },
  {
    id: 'photo.deleteForever',
    label: 'Delete for Good…',
    menu: 'image',
    group: 5,
    keys: [],
    needs: ['selection', 'inTrash', 'mayDelete'],
    context: 803,
  },
  // Album
  {
    id: 'album.rename',
    label: 'Rename Album…',
    menu: 'album',
    group: 1,
    keys: [],
    needs: ['anyAlbum', 'editableAlbum'],
  },
  {
    id: 'album.editRules',
    label: 'Edit Smart Album…',
    menu: 'album',
    group: 1,
    keys: [],
    needs: ['anyAlbum', 'editableAlbum'],
  },
  { id: 'album.duplicate', label: 'Duplicate Album', menu: 'album', group: 1, keys: [], needs: ['anyAlbum'] },
  {
    id: 'album.convert',
    label: 'Convert to Album',
    menu: 'album',
    group: 1,
    keys: [],
    needs: ['anyAlbum', 'editableAlbum'],
  },
  {
    id: 'album.delete',
    label: 'Delete Album…',
    menu: 'album',
    group: 3,
    keys: [],
    needs: ['anyAlbum', 'editableAlbum'],
  },
  // View
  { id: 'view.sidebar', label: 'Sidebar', menu: 'view', group: 1, keys: ['Mod+Alt+S'], needs: [] },
  { id: 'scope.personal', label: 'Show Personal Photos', menu: 'view', group: 2, keys: [], needs: [] },
  { id: 'scope.shared', label: 'Show Shared Photos', menu: 'view', group: 2, keys: [], needs: [] },
  { id: 'scope.both', label: 'Show Personal and Shared Photos', menu: 'view', group: 2, keys: [], needs: [] },
  { id: 'view.day', label: 'By Day', menu: 'view', group: 3, keys: ['Mod+Alt+1'], needs: [] },
  { id: 'view.month', label: 'By Month', menu: 'view', group: 3, keys: ['Mod+Alt+2'], needs: [] },
  { id: 'view.year', label: 'By Year', menu: 'view', group: 3, keys: ['Mod+Alt+3'], needs: [] },
  { id: 'view.larger', label: 'Larger Photos', menu: 'view', group: 4, keys: ['Mod+='], needs: [] },
  { id: 'view.smaller', label: 'Smaller Photos', menu: 'view', group: 4, keys: ['Mod+-'], needs: [] },
  { id: 'viewer.zoom', label: 'Zoom to Full Size', menu: 'view', group: 5, keys: ['Z'], needs: ['viewer'] },
  { id: 'viewer.slideshow', label: 'Slideshow', menu: 'view', group: 5, keys: ['Mod+Shift+P'], needs: ['photos'] },
  { id: 'view.fullscreen', label: 'Full Screen', menu: 'view', group: 5, keys: ['F11'], needs: [] },
  { id: 'view.back', label: 'Back', menu: 'view', group: 6, keys: ['Alt+ArrowLeft', 'Mod+['], needs: [] },
  { id: 'go.library', label: 'Go to Library', menu: 'view', group: 6, keys: ['Mod+1'], needs: [] },
  { id: 'go.favourites', label: 'Go to Favourites', menu: 'view', group: 6, keys: ['Mod+2'], needs: [] },
  { id: 'go.recent', label: 'Go to Recently Added', menu: 'view', group: 6, keys: ['Mod+3'], needs: [] },
  { id: 'go.albums', label: 'Go to Albums', menu: 'view', group: 6, keys: ['Mod+4'], needs: [] },
  { id: 'go.tags', label: 'Go to Tags', menu: 'view', group: 6, keys: ['Mod+5'], needs: [] },
  { id: 'go.map', label: 'Go to Map', menu: 'view', group: 6, keys: ['Mod+6'], needs: [] },
  { id: 'go.duplicates', label: 'Go to Duplicates', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.shared', label: 'Go to Shared', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.invitations', label: 'Go to Invitations', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.activity', label: 'Go to Activity', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.hidden', label: 'Go to Hidden', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.trash', label: 'Go to Trash', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'go.sync', label: 'Go to Sync', menu: 'view', group: 6, keys: [], needs: [] },
  { id: 'theme.system', label: 'Appearance: Match System', menu: 'window', group: 1, keys: [], needs: [] },
  { id: 'theme.light', label: 'Appearance: Light', menu: 'window', group: 1, keys: [], needs: [] },
  { id: 'theme.dark', label: 'Appearance: Dark', menu: 'window', group: 1, keys: [], needs: [] },
  { id: 'help.shortcuts', label: 'Keyboard Shortcuts', menu: 'help', group: 1, keys: ['?'], needs: [] },
] as const satisfies readonly Command[];

export type CommandID = (typeof table)[number]['id'];

/** The whole table, in menu order within each menu. */
export const commands: readonly (Command & { readonly id: CommandID })[] = table;

const byID = new Map<string, Command & { readonly id: CommandID }>(commands.map((command) => [command.id, command]));

/** The command of that name, or undefined: menus and events may carry text from elsewhere. */
export function findCommand(id: string): (Command & { readonly id: CommandID }) | undefined {
  return byID.get(id);
}
