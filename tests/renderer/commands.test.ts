import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { commands } from '../../shared/commands.ts';
import { unmetNeed } from '../../shared/commandState.ts';
import type { CommandSituation } from '../../shared/commandState.ts';
import { createTranslate } from '../../renderer/data/messages.ts';
import { commandOfKey, keyLabel } from '../../renderer/data/keys.ts';
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

  it('counts follow the plural rules and the person’s separators', () => {
    const t = createTranslate(['de-DE']);
    expect(t('count.photos', { count: 1 })).toBe('1 photo');
    expect(t('count.photos', { count: 12_345 })).toBe('12.345 photos');
    expect(t('albums.added', { count: 2, title: '{odd} “title”' })).toBe('Added 2 photos to “{odd} “title””');
  });
});
