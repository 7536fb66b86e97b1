/** What a window needs besides its page, where nothing of it is asked. */
export const quietWindow = {
  platform: 'linux' as NodeJS.Platform,
  openAgain: () => false,
  popUp: () => undefined,
  now: () => 0,
};
