import { does, everything, kept, run, shares, time, wake, type Script } from './scripts.ts';

/** Tags put on either of two photos: which of the two follows from the seed. */
const onEither = [3, 7922, 15_841, 23_760, 31_679, 39_598];

/** The part of regressions.ts that is about tags: two of one name become one, and what hangs on them goes along. */
export const tagRegressions: readonly Script[] = [
  {
    fault: 'a deleted tag that came back lost what was merged into it (sharing 67)',
    mutant: 'a tag that was deleted and came back loses what was merged into it',
    plan: kept('deletedTagComesBack'),
  },
  {
    fault: 'a conflict showed a pair before its tag had been read (mixed 30, 150 steps)',
    mutant: 'a row is merged before what it refers to is here',
    plan: kept('pairBeforeItsTag'),
  },
  {
    fault: 'a tag went along with one that was deleted before anybody merged the two (mixed 209)',
    mutant: 'a deleted tag takes along what was merged into it later',
    plan: run(1, 2, [
      everything,
      does(1, 'addPhoto'),
      does(1, 'addTag', 14),
      does(0, 'addTag', 14),
      wake(0),
      everything,
      does(1, 'tagPhoto'),
      does(0, 'deleteTag'),
      wake(1),
      everything,
      wake(1, 'import'),
    ]),
  },
  {
    fault: 'a photo lost a tag that was one with another for a while, when that other was deleted (mixed 209)',
    mutant: 'a pair that went as a double stays gone',
    plan: kept('pairThatWentAsADouble'),
  },
  {
    fault: 'a tagged photo that moved home kept a tag of the share, and lost it with that (sharing 26378)',
    mutant: 'a pair may keep the tag of another zone',
    plan: kept('pairOfAnotherZonesTag'),
  },
  {
    fault: 'a photo lost its tag when the tag it was merged into twice over was deleted elsewhere (mixed 42293)',
    mutant: 'pairs of a double of a double stay gone',
    plan: kept('pairOfADoublesDouble'),
  },
  {
    fault: 'two tags of one name stayed when a process died between bringing one back and merging them (sharing 42823)',
    mutant: 'what a killed process left of de-duplication stays',
    plan: kept('killedAfterADoubleCameBack'),
  },
  {
    fault: 'a tag taken off a photo after it had come back with a merged one came back again (mixed 25628)',
    mutant: 'a pair that was brought back once is brought back again',
    plan: kept('takenAwayAfterItCameBack'),
  },
  {
    fault: 'a tag merged into a third while its first winner was deleted lost its photos (mixed 12753)',
    mutant: 'pairs of a double that was merged into another since stay gone',
    plan: kept('mergedIntoAThird'),
  },
  {
    fault:
      'a photo tagged on a computer that was away for long lost the tag when its double was cleared away (mixed 65671)',
    mutant: 'late pairs of a double that was cleared away stay gone',
    plan: kept('clearedWhileAway'),
  },
  {
    fault: 'a pair made in a share for a tag deleted meanwhile lay there, and in the library as well (mixed 126560)',
    mutant: 'what hangs on a deleted row unseen stays on the server',
    plan: kept('hangsOnADeletedTag'),
  },
  {
    fault: 'a pair deleted in the zone it had moved to came through a complete reading of that zone (mixed 126414)',
    mutant: 'a row that moved counts as seen in its new zone',
    plan: kept('seenInAnotherZone'),
  },
  {
    fault: 'photos of a tag that was deleted elsewhere got the tag that was given its name afterwards (mixed 148480)',
    mutant: 'a tag just renamed counts as what a deleted one stood for',
    plan: kept('nameTakenOverAfterADeletion'),
  },
  {
    fault:
      'a tag merged into one that had been merged further, into a tag somebody deleted without knowing of it, came back without its photos (mixed 306022)',
    mutant: 'what a merged tag stood for is not followed beyond a double that went',
    plan: kept('doubleOfADeletedDouble'),
  },
  {
    fault:
      'a tag made anew by a computer whose clock is ten years behind got the photos of the deleted one of its name, when history was read again (mixed 401623)',
    mutant: 'a tag that came after a deletion counts as what the deleted one stood for when its clock is behind',
    plan: kept('madeAnewByAWrongClock'),
  },
  {
    fault:
      'a tag and its photo fell apart, when a tag it had long been merged into was merged into one somebody else had deleted (by a script)',
    mutant: 'what was merged into a double goes although that was merged after the deletion',
    plan: kept('doubleOfALaterDouble'),
  },
  {
    fault:
      'a photo lost a tag that was one with a deleted one for a while, when the double that had come back in its place was deleted as well (mixed 1714763)',
    mutant: 'a pair that went as a double stays gone when the other had come back with another double',
    plan: kept('pairThatWentAsADoubleTwiceOver'),
  },
  {
    fault:
      'a tag taken off a photo came back to it, when history told once more that its double had been cleared away (mixed 1717750)',
    mutant: 'a late pair of a double that was cleared away comes back once more after it was taken off',
    plan: kept('takenOffAfterItsDoubleWent'),
  },
  {
    fault:
      'a photo moved into a share lost its tag when that had become one with a tag there which somebody else had deleted (mixed 2111654)',
    mutant: 'a pair that came with its photo from another zone stays gone with what its tag was one with',
    plan: run(1, 2, [
      shares(0, 'share'),
      everything,
      wake(1),
      everything,
      // The other tag of that name is made in the share, and first.
      does(0, 'addTag', 55),
      wake(0),
      everything,
      time(1),
      does(1, 'addPhoto'),
      does(1, 'addTag', 14),
      does(1, 'tagPhoto'),
      does(1, 'movePhoto'),
      does(0, 'deleteTag'),
      wake(1),
      everything,
      wake(1),
      everything,
      wake(0),
      everything,
    ]),
  },
  {
    fault:
      'a photo carried a tag twice over, and two computers each took away what the other kept: one had not heard that the photo had been in a share meanwhile (mixed 2114100)',
    mutant: 'which of two pairs of a photo gives way follows from what a computer has heard of them',
    plan: kept('pairsThatGaveWayToEachOther'),
  },
  {
    fault:
      'a photo two computers had tagged lost both tags, when one of them heard of a third of that name before it heard of the other (by a script)',
    mutant: 'which of two pairs of a photo gives way follows from what a computer has heard of them',
    plan: run(1, 3, [
      everything,
      does(2, 'addPhoto'),
      wake(2),
      everything,
      wake(1),
      everything,
      does(0, 'addTag'),
      does(1, 'addTag'),
      does(1, 'tagPhoto'),
      does(2, 'addTag'),
      does(2, 'tagPhoto'),
      ...[2, 0, 2, 1, 2].flatMap((device) => [wake(device), everything]),
      wake(1),
      wake(2),
    ]),
  },
  {
    fault:
      'a photo two computers had tagged lost the tag that stays, when its pair had given way to that of the other, and somebody who had not heard of that deleted the other (by a script)',
    mutant: 'the pair with the lowest id stays, whatever tag it was made for',
    plan: run(1, 2, [
      everything,
      does(0, 'addPhoto'),
      time(100),
      does(0, 'addPhoto'),
      time(100),
      wake(0),
      everything,
      wake(1),
      everything,
      does(0, 'addTag', 14),
      time(5),
      does(1, 'addTag', 14),
      ...onEither.map((seed) => does(0, 'tagPhoto', seed)),
      ...onEither.map((seed) => does(1, 'tagPhoto', seed)),
      wake(1, 'export'),
      everything,
      does(1, 'deleteTag'),
      wake(0),
      everything,
      wake(0),
      everything,
      // So long that nothing is brought back any more because the two became one a short time ago.
      time(16 * 86_400_000),
      wake(1),
      everything,
      wake(0),
      everything,
      wake(1),
      everything,
    ]),
  },
  {
    fault:
      'a photo tagged while the tag was merged into one that had just been deleted here was sent again and again, and never arrived (mixed 7102829)',
    mutant: 'what waits here follows the server to a row that is deleted',
    plan: kept('pairOnADeletedTag'),
  },
  {
    fault:
      'a photo lost a tag when one of its two pairs had given way to the other, and that went with its old tag (mixed 2611311)',
    mutant: 'a pair that gave way to that of a deleted tag stays gone',
    plan: kept('keptPairWentWithItsOldTag'),
  },
  {
    fault:
      'a photo lost its tag when that was merged into one deleted meanwhile, by a computer set up anew since (mixed 2970576)',
    mutant: 'a pair that was moved onto a deleted tag goes with it',
    plan: kept('movedOntoADeletedTag'),
  },
];
