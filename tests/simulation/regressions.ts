import { calm, does, everything, fault, kept, net, run, shares, wake, type Script } from './scripts.ts';
import { tagRegressions } from './tagRegressions.ts';

/**
 * Kept as scripts and not as seeds, since a seed means another run as soon as the simulator learns something new. The
 * seeds in brackets are those that found them, in the simulator of their day.
 */
export const regressions: readonly Script[] = [
  {
    fault: 'an edit made in the old zone while another device moved its photo stayed there (39)',
    mutant: 'an edit in the old place of a moved row is deleted with it',
    plan: run(1, 2, [
      shares(0, 'share'),
      does(0, 'addPhoto'),
      everything,
      wake(1),
      everything,
      does(1, 'editPhoto'),
      wake(1),
      net(calm(2)),
      does(0, 'movePhoto'),
      wake(0),
      net(['delay', null, 'delay', null, 'delay', null, 'delay', null, null, null]),
      fault('reinstall', 1, 1),
    ]),
  },
  {
    fault: 'a zone the restored server did not know was never offered again (149)',
    mutant: 'zones a restored server does not know are not offered',
    plan: run(1, 2, [fault('serverRestore'), does(0, 'addPhoto'), everything, fault('serverRestore')]),
  },
  {
    fault: 'a device that sent before it ever read kept what others had deleted (2052)',
    mutant: 'a device sends before it has ever read',
    plan: run(1, 2, [
      net(calm(6)),
      does(0, 'addPhoto'),
      net([null, null, null, 'cutAfterCommit', null]),
      net(calm(4)),
      wake(1),
      net(calm(7)),
      does(1, 'deletePhoto'),
      wake(1),
      net(calm(8)),
    ]),
  },
  {
    fault: 'a rollback behind the last reading but before the last sending went unnoticed (2250)',
    mutant: 'the token does not reach past what was just sent',
    plan: run(1, 2, [
      does(0, 'addPhoto'),
      everything,
      fault('serverRollback'),
      does(0, 'addPhoto', 2),
      wake(0),
      everything,
      fault('serverRollback'),
    ]),
  },
  {
    fault: 'a photo whose sending was never answered came back after it was deleted elsewhere (sharing 7)',
    mutant: 'a deletion of what was sent without an answer is ignored',
    plan: run(1, 2, [
      does(0, 'addPhoto'),
      everything,
      wake(1),
      everything,
      does(0, 'addPhoto', 2),
      wake(0),
      net([null, null, 'cutAfterCommit']),
      wake(1),
      net(calm(5)),
      does(1, 'deletePhoto'),
      wake(1),
      net(calm(8)),
    ]),
  },
  {
    fault: 'a late copy of a request made a deleted photo anew (sharing 164)',
    mutant: 'a request sent twice happens twice',
    plan: run(1, 2, [
      does(0, 'addPhoto'),
      net([...calm(12), 'duplicateLate']),
      everything,
      wake(1),
      everything,
      does(1, 'deletePhoto'),
      wake(1),
      everything,
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => net([null], seed)),
    ]),
  },
  {
    fault: 'a zone of several pages could not be read by a new computer once old deletions were forgotten (500)',
    mutant: 'a reading from the beginning is refused for deletions it cannot have missed',
    plan: run(1, 2, [
      fault('splitLimits', 2),
      does(0, 'addPhoto'),
      does(0, 'addPhoto', 2),
      everything,
      does(0, 'deletePhoto'),
      does(0, 'addPhoto', 4),
      wake(0),
      everything,
      fault('tombstonePurge'),
    ]),
  },
  {
    fault: 'a share that ended before the backup was put back stayed readable (sharing 46)',
    mutant: 'who starts over is not told what has ended',
    plan: run(2, 2, [
      shares(0, 'share'),
      does(0, 'addPhoto'),
      shares(1, 'accept'),
      everything,
      fault('serverRestore'),
      shares(0, 'stop'),
      fault('serverRestore', 2),
      shares(0, 'stop'),
    ]),
  },
  {
    fault: 'a share the restored server knows nothing of stayed open (sharing 55)',
    mutant: 'a share the restored server does not show stays open',
    plan: run(2, 2, [
      fault('serverRestore'),
      shares(0, 'share'),
      shares(1, 'accept'),
      everything,
      fault('serverRestore', 2),
    ]),
  },
  {
    fault: 'a field of a newer version stayed behind when its photo was moved meanwhile (sharing 145)',
    mutant: 'fields of a newer version stay in the old place of a moved row',
    plan: run(1, 2, [shares(0, 'share'), does(0, 'addPhoto'), everything, does(0, 'movePhoto'), fault('newerBuild')]),
  },
  {
    fault: 'a server rolled back to before a move kept both copies of the photo (sharing 46)',
    mutant: 'the old copy of a move stays on a restored server',
    plan: kept('oldCopyOfARestoredServer'),
  },
  {
    fault: 'a comment of a deleted photo came back with it on one computer when the server was put back (mixed 309)',
    mutant: 'what waits for its parent outlives a restored server',
    plan: kept('orphanOfARestoredServer'),
  },
  {
    fault:
      'a photo deleted elsewhere came back with an edit made before its first sending was known to have arrived (mixed 216)',
    mutant: 'a row that was read back still counts as new',
    plan: kept('readBackAndDeleted'),
  },
  {
    fault: 'a photo that left a share zone the restored server does not have was never sent again (sharing 900029)',
    mutant: 'bytes in a zone the server does not have stop everything',
    plan: kept('movedOutOfAForgottenZone'),
  },
  {
    fault: 'a photo two devices moved to one place and one of them moved back was deleted in both (sharing 900008)',
    mutant: 'the old place of a moved row is deleted although it moved back',
    plan: kept('movedAwayAndBack'),
  },
  {
    fault: 'a photo came back with an edit when its deletion was forgotten before anybody read it (mixed 346)',
    mutant: 'a row the server says it has not is not swept',
    plan: kept('editedAfterAForgottenDeletion'),
  },
  {
    fault:
      'a photo from before the account, deleted elsewhere before its first answer came, was sent again (mixed 397)',
    mutant: 'a row from before the account is never its own deleted one',
    plan: kept('deletedBeforeTheAnswer'),
  },
  {
    fault: 'a photo deleted soon after a clock far ahead was put right came back (sharing 25281)',
    mutant: 'a deletion may be dated before what it deletes',
    plan: kept('clockPutRight'),
  },
  {
    fault: 'a server restored while its zones were read for the first time was taken for the same one (sharing 25907)',
    mutant: 'the epoch is noted only when all zones are read',
    plan: kept('restoredBetweenZones'),
  },
  {
    fault: 'an edit made right after an update of the app was lost to what had been kept for it (mixed 30191)',
    mutant: 'what was kept for an update beats edits made since',
    plan: kept('editedBeforeTheUpgradeWasReplayed'),
  },
  {
    fault: 'a photo moved to one place by two computers, and back by one of them earlier, was deleted (sharing 29247)',
    mutant: 'a place that was moved to twice can be deleted by who left it',
    plan: kept('movedTwiceAndBackOnce'),
  },
  {
    fault:
      'an edit of a photo that had moved was lost when it moved back before its old place was emptied (sharing 31509)',
    mutant: 'a row moved back goes on under the version from before it was edited',
    plan: kept('editedThenMovedBack'),
  },
  {
    fault: 'a photo added to a share was lost when the server was restored and the share left at once (sharing 7356)',
    mutant: 'what a restored server forgot goes with the share that is left',
    plan: kept('leftAfterARestore'),
  },
  {
    fault: 'a disk that became full while a record was read was reported as a fault of ours (sharing 7232)',
    mutant: 'a disk that becomes full inside a record throws something else',
    plan: kept('fullDiskInsideARecord'),
  },
  {
    fault: 'a photo that moved away, back and away again before anything was sent lay in both places (mixed 40719)',
    mutant: 'an old version that still lies where a row moved back to is forgotten',
    plan: kept('movedBackTwice'),
  },
  {
    fault: 'a zone made just before the server was rolled back was asked for without end (sharing 51343)',
    mutant: 'a zone a rolled back server has not is asked for without end',
    plan: kept('rolledBackBeforeItsZone'),
  },
  {
    fault: 'an edit of another computer was lost by an update of the app that had to take it along (mixed 50099)',
    mutant: 'an edit taken along for an update counts as made here',
    plan: kept('upgradedWithAnEditInHand'),
  },
  {
    fault: 'what an older version kept aside was not offered to a server that had lost it (mixed 52921)',
    mutant: 'what an older version kept aside counts as on a restored server',
    plan: kept('unknownTypeOnARolledBackServer'),
  },
  {
    fault:
      'a photo deleted by an older version and moved back elsewhere came without the field it had not known (sharing 70029)',
    mutant: 'a field of a row deleted here once counts as set here',
    plan: kept('deletedBeforeTheUpgrade'),
  },
  {
    fault: 'more refused edits than the server looks up in one request were asked for without end (mixed 200700)',
    mutant: 'records are looked up in one request whatever the server allows',
    plan: kept('moreRefusedThanOneLookUpTakes'),
  },
  {
    fault:
      'a participant who may not clear up after a move brought the old place back and took the original away (mixed 6250)',
    mutant: 'a refused clearing-up after a move by others brings the old place back',
    plan: kept('clearingUpRefused'),
  },
  {
    fault: 'a photo deleted while its refused edit was under way came back (mixed 13985)',
    mutant: 'what was refused takes the place of what was done since',
    plan: kept('deletedWhileRefused'),
  },
  {
    fault: 'a deletion made before its save was answered was taken for done by a complete reading (mixed 21064)',
    mutant: 'what was deleted before its save was answered counts as held',
    plan: kept('deletedBeforeItsSaveWasAnswered'),
  },
  {
    fault: 'a photo moved away and back twice before it was deleted stayed on the server (sharing 90439)',
    mutant: 'an old version that cannot be named is forgotten when a row moves back a second time',
    plan: kept('movedBackTwice'),
  },
  {
    fault:
      'a rating that moved from one share to another, which was stopped at once, stayed in the first (sharing 121861)',
    mutant: 'what a row left behind in a third zone is forgotten when its share ends',
    plan: kept('leftBehindInAThirdZone'),
  },
  {
    fault:
      'a rating made where a photo had been stayed on the server, beside the one made where it is (sharing 125327)',
    mutant: 'a copy of what is yet to be sent elsewhere is left where it lies',
    plan: kept('ratedOnBothSidesOfAMove'),
  },
  {
    fault:
      'after a rollback a participant without the right to add asked for the bytes of a photo that had moved, was refused, and sent nothing ever after (sharing 316771)',
    mutant: 'bytes of a move that may not be added hold up everything',
    plan: kept('deniedBytesOfAMove'),
  },
  {
    fault:
      'a field of a newer build that was taken along from the old place of a moved photo was put over the later one of its new place (sharing 530977)',
    mutant: 'a field taken along from an old place goes over a later one',
    plan: kept('laterFieldInTheNewPlace'),
  },
  {
    fault: 'pressing Try Again threw where the library could not be written to',
    mutant: 'trying again throws when nothing can be written',
    plan: run(1, 2, [
      does(1, 'addPhoto', 128_808_974),
      fault('serverRestore', 1_769_741_110, 1),
      fault('killAtWrite', 1_775_492_187, 1),
      fault('serverRollback', 1_543_745_212, 0),
    ]),
  },
  {
    fault:
      'a share that a server put back had not heard of stayed open, half of the answer that named it read (sharing 803699)',
    mutant: 'zones that were half read are not looked for',
    plan: kept('halfReadZone'),
  },
  {
    fault:
      'a participant did not notice that the server was put back, with a change it had not read before the backup (sharing 2302070)',
    mutant: "a participant's feed goes on by one whatever it tells",
    plan: run(3, 3, [
      shares(0, 'share'),
      everything,
      shares(1, 'accept'),
      everything,
      shares(2, 'decline'),
      fault('serverRollback', 5),
      shares(0, 'setRights', 2),
      wake(1),
      everything,
      fault('serverRollback'),
    ]),
  },
  {
    fault:
      'a photo deleted after a backup was made in the middle of its move came back to both places (sharing 2807027)',
    mutant: 'the old place of a move under way at a backup counts as taken away when that is restored',
    plan: kept('restoredInTheMiddleOfAMove'),
  },
  ...tagRegressions,
  {
    fault:
      'a photo moved into a share after the first offering of a library was cut short stayed outside it (sharing 2616697)',
    mutant: 'an offering that was cut short passes over what was written since',
    plan: kept('movedAfterACutOffering'),
  },
];
