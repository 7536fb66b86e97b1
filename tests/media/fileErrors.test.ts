import { expect, test } from 'vitest';
import { toFileError } from '../../electron/core/media/fileErrors.ts';

/** As Node makes them. */
const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: what the system says, ${syscall}`), { code, syscall });

test.each([
  ['EIO', 'read', 'a.jpg cannot be read: EIO: what the system says, read.'],
  ['EACCES', 'open', 'You have no permission to read a.jpg.'],
  ['EIO', 'write', 'a.jpg: something could not be written (EIO: what the system says, write).'],
  ['EIO', 'fsync', 'a.jpg: something could not be written (EIO: what the system says, fsync).'],
  ['EACCES', 'mkdir', 'a.jpg: something could not be written (EACCES: what the system says, mkdir).'],
  ['EBUSY', 'rename', 'a.jpg is being used by another program.'],
])('%s in %s is told as what it is, and blames no file that was only read', (code, syscall, message) => {
  expect(toFileError(systemError(code, syscall), 'a.jpg')).toMatchObject({
    code: 'fileUnreadable',
    message,
    data: { path: 'a.jpg', system: code },
  });
});
