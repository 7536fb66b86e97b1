import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { commands } from '../../shared/commands.ts';
import { unmetNeed } from '../../shared/commandState.ts';
import type { CommandSituation } from '../../shared/commandState.ts';
import { commandGroups } from '../../renderer/data/commandRunner.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { commandOfKey, keyLabel } from '../../renderer/data/keys.ts';
import { features } from '../../renderer/features/all.ts';
import { fit } from '../../renderer/features/app/rankCommands.ts';
import { createRegistry } from '../../renderer/features/registry.ts';
import { en } from '../../renderer/strings/en.ts';

const root = join(import.meta.dirname, '..', '..', 'renderer');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/u.test(path) && !path.startsWith('strings'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe('the table of commands', () => {
  it('no id and no key is there twice', () => {
    expect(new Set(commands.map((command) => command.id)).size).toBe(commands.length);
    const keys = commands.flatMap((command) => command.keys.map((key) => key.toLowerCase()));
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('keys find their command on each kind of keyboard, and plain letters do nothing while text is typed', () => {
    expect(commandOfKey(press('n', { ctrlKey: true }), false, false)).toBe('album.new');
    expect(commandOfKey(press('n', { metaKey: true }), true, false)).toBe('album.new');
    expect(commandOfKey(press('n', { ctrlKey: true }), true, false)).toBeNull();
    expect(commandOfKey(press('I', { ctrlKey: true, shiftKey: true }), false, false)).toBe('import.files');
    expect(commandOfKey(press('f'), false, false)).toBe('photo.favourite');
    expect(commandOfKey(press('f'), false, true)).toBeNull();
    expect(commandOfKey(press('k', { ctrlKey: true }), false, true)).toBe('app.palette');
    expect(commandOfKey(press('?', { shiftKey: true }), false, false)).toBe('help.shortcuts');
    expect(commandOfKey(press('R', { shiftKey: true }), false, false)).toBe('photo.rotateLeft');
    expect(commandOfKey(press('r'), false, false)).toBe('photo.rotateRight');
  });

  it('keys are shown as each system writes them', () => {
    expect(keyLabel('Mod+Shift+I', true)).toBe('⇧⌘I');
    expect(keyLabel('Mod+Shift+I', false)).toBe('Ctrl+Shift+I');
  });

  it('every need has its sentence, and the first unmet one is given', () => {
    const needs = new Set(commands.flatMap((command) => command.needs));
    for (const need of needs) expect(en).toHaveProperty([`need.${need}`]);
    const nothing: CommandSituation = {
      selected: 0,
      listed: 0,
      album: 'none',
      albumMayEdit: false,
      albumShared: false,
      inTrash: false,
      viewer: false,
      canUndo: false,
      canRedo: false,
      image: false,
      mayEdit: false,
      mayDelete: false,
      edited: false,
      editsCopied: false,
      shared: false,
      shareExists: false,
      signedIn: false,
      query: false,
      reveal: false,
      openExternal: false,
      chooseSource: false,
    };
    for (const command of commands)
      expect(unmetNeed(command, nothing)).toBe(
        command.needs.find((need) => need !== 'outsideTrash' && need !== 'notShared') ?? null,
      );
  });

  it('the palette finds a command by its start, a word, a part or its letters', () => {
    expect([
      fit('Empty Trash…', 'emp'),
      fit('Empty Trash…', 'tra'),
      fit('Empty Trash…', 'ras'),
      fit('Empty Trash…', 'etr'),
      fit('Empty Trash…', 'xyz'),
    ]).toEqual([0, 1, 2, 3, null]);
  });

  it('every command is run by a feature, and every screen of the sidebar has one', () => {
    const registry = createRegistry(features);
    expect(commands.filter((command) => registry.handler(command.id) === undefined)).toEqual([]);
    for (const name of ['sync', 'shared', 'invitations', 'activity', 'albums', 'tags', 'map', 'duplicates', 'trash'])
      expect(commands.find((command) => command.id === `go.${name}`)).toMatchObject({ menu: 'view' });
  });

  it('a menu shows its commands by groups, in the order of the table within each', () => {
    const shown = commands
      .filter((command) => command.menu === 'view')
      .map((command) => ({ command, label: command.label, obstacle: null }));
    const groups = commandGroups(shown).map((group) => group.map(({ command }) => command.id));
    expect(groups[0]).toEqual(['view.inspector', 'view.sidebar']);
    expect(groups[1]).toEqual(['scope.personal', 'scope.shared', 'scope.both']);
    expect(groups.flat()).toHaveLength(shown.length);
    expect(commandGroups([])).toEqual([]);
  });

  it('two features that claim one command are refused', () => {
    const claim = (id: string) => ({ id, commands: { 'album.new': { run: () => undefined } } });
    expect(() => createRegistry([claim('one'), claim('two')])).toThrow(/album\.new/u);
  });
});

describe('the catalogue', () => {
  it('every message compiles and is used', () => {
    const unused = Object.entries(en).filter(([id, text]) => {
      compileMessage(text);
      const family = id.slice(0, id.lastIndexOf('.') + 1);
      return !sources.includes(`'${id}'`) && !sources.includes(`\`${family}\${`);
    });
    expect(unused.map(([id]) => id)).toEqual([]);
  });

  it('a button that confirms does not say that more is asked', () => {
    const confirms = [...sources.matchAll(/\bconfirm(?:=\{|: )[^\n]*/gu)].flatMap(([line]) =>
      [...line.matchAll(/'([a-z]\w*\.[\w.]+)'/gu)].map(([, id = '']) => id),
    );
    expect(confirms.length).toBeGreaterThan(20);
    expect(confirms.filter((id) => new Map<string, string>(Object.entries(en)).get(id)?.endsWith('…'))).toEqual([]);
  });

  it('what is deleted for good is told with the shares that lose it', () => {
    const t = createTranslate(['en']);
    expect(t('trash.deleteShared', { count: 1, rest: 0 })).toBe('It is in a share, and goes for everyone there.');
    expect(t('trash.deleteShared', { count: 2, rest: 0 })).toBe('They are in shares, and go for everyone there.');
    expect(t('trash.deleteShared', { count: 1, rest: 3 })).toBe(
      '1 of them is in a share, and goes for everyone there.',
    );
    expect(t('trash.deleteShared', { count: 2, rest: 1 })).toBe('2 of them are in shares, and go for everyone there.');
    expect(t('trash.emptyTitle', { count: 12 })).toBe('Delete the 12 photos in the trash for good?');
  });

  it('counts follow the plural rules and the person’s separators', () => {
    const t = createTranslate(['de-DE']);
    expect(t('count.photos', { count: 1 })).toBe('1 photo');
    expect(t('count.photos', { count: 12_345 })).toBe('12.345 photos');
    expect(t('albums.added', { count: 2, title: '{odd} “title”' })).toBe('Added 2 photos to “{odd} “title””');
  });
});
