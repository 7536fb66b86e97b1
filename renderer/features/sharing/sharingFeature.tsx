import { Users } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { ZoneID } from '../../../shared/ids.ts';
import { IconButton } from '../../components/buttons.tsx';
import type { Core } from '../../data/core.ts';
import { windowEventName, type WindowEvent } from '../../data/events.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useNavigation, useT } from '../../data/useCore.ts';
import { deferred } from '../deferred.tsx';
import type { CommandTarget, Feature } from '../registry.ts';
import { SharingSection } from './SharingSection.tsx';
import { SharingSidebar } from './SharingSidebar.tsx';
import {
  closeSheet,
  createSharingStore,
  linkArrived,
  linkOpened,
  replaceSheet,
  type SharingStore,
} from './sharingState.ts';
import { copyLink, shareOf } from './sharingSteps.ts';

const overlay = { as: 'overlay' } as const;
const AcceptSheet = deferred(() => import('./AcceptSheet.tsx').then((part) => part.AcceptSheet), overlay);
const ActivityScreen = deferred(() => import('./ActivityScreen.tsx').then((part) => part.ActivityScreen));
const AddToShareSheet = deferred(() => import('./AddToShareSheet.tsx').then((part) => part.AddToShareSheet), overlay);
const LeaveSheet = deferred(() => import('./EndSheets.tsx').then((part) => part.LeaveSheet), overlay);
const StopSheet = deferred(() => import('./EndSheets.tsx').then((part) => part.StopSheet), overlay);
const InvitationsScreen = deferred(() => import('./InvitationsScreen.tsx').then((part) => part.InvitationsScreen));
const InviteSheet = deferred(() => import('./InviteSheet.tsx').then((part) => part.InviteSheet), overlay);
const NewLinkSheet = deferred(() => import('./NewLinkSheet.tsx').then((part) => part.NewLinkSheet), overlay);
const ManageSharesScreen = deferred(() => import('./ManageSharesScreen.tsx').then((part) => part.ManageSharesScreen));
const ParticipantsPanel = deferred(
  () => import('./ParticipantsPanel.tsx').then((part) => part.ParticipantsPanel),
  overlay,
);
const ShareSheet = deferred(() => import('./ShareSheet.tsx').then((part) => part.ShareSheet), overlay);
const SharingSettings = deferred(() => import('./SharingSettings.tsx').then((part) => part.SharingSettings));

const goToScreen = (core: Core, name: string): void => goTo(core.navigation, { kind: 'screen', name, arg: '' });
const manageAll = (core: Core): void => goToScreen(core, 'shares');

/** Sharing between people: its screens, sheets, commands, and what it adds to sidebar, toolbar, inspector and menus. */
export function createSharingFeature(): Feature {
  const state = createSharingStore();
  const manage = async (core: Core, { photoIDs }: CommandTarget): Promise<void> => {
    const share = await shareOf(core, photoIDs[0]);
    if (share === undefined) manageAll(core);
    else state.setState({ sheet: { kind: 'participants', shareID: share.id } });
  };
  return {
    id: 'sharing',
    preload: [ManageSharesScreen, InvitationsScreen, ActivityScreen, ShareSheet, ParticipantsPanel, AcceptSheet],
    screens: [
      {
        name: 'shares',
        title: (core) => core.t('sharing.manageAll'),
        component: function SharesScreen() {
          return <ManageSharesScreen state={state} />;
        },
      },
      { name: 'invitations', title: (core) => core.t('sharing.invitations'), component: InvitationsScreen },
      { name: 'activity', title: (core) => core.t('sharing.activity'), component: ActivityScreen },
    ],
    commands: {
      'share.new': {
        run: (_core, { photoIDs }) => state.setState({ sheet: { kind: 'new', photoIDs, albumID: null } }),
      },
      'share.add': { run: (_core, { photoIDs }) => state.setState({ sheet: { kind: 'add', photoIDs } }) },
      'share.manage': { run: manage },
      'share.copyLink': {
        run: async (core, { photoIDs }) => {
          const share = await shareOf(core, photoIDs[0]);
          if (share?.link !== null && share !== undefined) await copyLink(core, share.title, share.link);
        },
      },
      'share.manageAll': { run: manageAll },
      'go.shared': { run: manageAll },
      'go.invitations': { run: (core) => goToScreen(core, 'invitations') },
      'go.activity': { run: (core) => goToScreen(core, 'activity') },
      'share.album': {
        applies: (_core, { album }) => album !== null,
        run: (_core, { album }) =>
          album === null ? undefined : state.setState({ sheet: { kind: 'new', photoIDs: [], albumID: album.id } }),
      },
    },
    sidebar: [{ id: 'sharing', order: 500, component: SharingSidebar }],
    inspector: [
      {
        id: 'sharing',
        order: 500,
        component: function InspectorSharing({ photo }) {
          return <SharingSection photo={photo} state={state} />;
        },
      },
    ],
    settings: [
      {
        id: 'sharing',
        order: 350,
        label: (core) => core.t('sharing.settings'),
        icon: Users,
        component: SharingSettings,
      },
    ],
    toolbar: [{ id: 'sharing', order: 300, component: ManageButton }],
    albumMenu: [
      {
        id: 'shareAlbum',
        order: 1,
        label: (core) => core.t('sharing.shareAlbum'),
        applies: (_core, album) => album.shared === 'none' && album.kind === 'manual',
        obstacle: (core) => (core.window.getState().signedIn ? null : core.t('need.signedIn')),
        run: (_core, album) => state.setState({ sheet: { kind: 'new', photoIDs: [], albumID: album.id } }),
      },
      {
        id: 'manageShare',
        order: 2,
        label: (core) => core.t('sharing.manageShare'),
        applies: (_core, album) => album.shared !== 'none',
        run: (_core, album) => state.setState({ sheet: { kind: 'participants', shareID: album.zoneID } }),
      },
      {
        id: 'copyShareLink',
        order: 3,
        label: (core) => core.t('sharing.copyShareLink'),
        applies: (_core, album) => album.shared !== 'none',
        run: async (core, album) => {
          const { link, title } = await core.client.sharing.get({ id: album.zoneID, links: 'stored' });
          if (link !== null) await copyLink(core, title, link);
        },
      },
    ],
    overlays: [
      {
        id: 'sharing',
        component: function SharingOverlay() {
          return <OpenSheet state={state} />;
        },
      },
    ],
  };
}

function ManageButton() {
  const core = useCore();
  const t = useT();
  return <IconButton icon={Users} label={t('sharing.manageAll')} onPress={() => manageAll(core)} />;
}

/** The open sheet, if any; a link from outside opens one. */
function OpenSheet({ state }: { readonly state: SharingStore }) {
  const core = useCore();
  const sheet = useStore(state, (one) => one.sheet);
  const place = useNavigation((navigation) => navigation.place);
  const t = useT();
  useEffect(() => {
    const listen = (event: Event): void => {
      if (!(event instanceof CustomEvent)) return;
      const detail = event.detail as WindowEvent;
      if (detail.type !== 'openLink') return;
      event.preventDefault();
      linkArrived(state, detail.link);
    };
    window.addEventListener(windowEventName, listen);
    return () => window.removeEventListener(windowEventName, listen);
  }, [state]);
  useEffect(() => {
    if (place.kind === 'share') core.client.sharing.markSeen({ id: place.id }).catch(() => undefined);
  }, [core, place]);
  // A step that outlasts its sheet closes nothing that was opened since.
  const close = (): void => closeSheet(state, sheet);
  const backToPanel = (shareID: ZoneID): void => replaceSheet(state, sheet, { kind: 'participants', shareID });
  switch (sheet.kind) {
    case 'none':
      return null;
    case 'new':
      return <ShareSheet photoIDs={sheet.photoIDs} albumID={sheet.albumID} onClose={close} />;
    case 'add':
      return <AddToShareSheet photoIDs={sheet.photoIDs} onClose={close} />;
    case 'participants':
      return <ParticipantsPanel shareID={sheet.shareID} state={state} onClose={close} />;
    case 'invite':
      return <InviteSheet shareID={sheet.shareID} onClose={() => backToPanel(sheet.shareID)} />;
    case 'newLink':
      return <NewLinkSheet shareID={sheet.shareID} onClose={() => backToPanel(sheet.shareID)} />;
    case 'leave':
      return <LeaveSheet shareID={sheet.shareID} onClose={close} />;
    case 'stop':
      return <StopSheet shareID={sheet.shareID} onClose={close} />;
    case 'accept':
      return (
        <AcceptSheet
          // What was allowed or typed for one link is not meant for the next one, which may open in its place.
          key={sheet.link}
          link={sheet.link}
          title={t('sharing.accept.title')}
          onClose={close}
          onOpened={() => linkOpened(state, sheet.link)}
        />
      );
  }
}
